"""Postfix's smtpd with reject_rbl_client, through a strictly minimising resolver."""

from dnsbld import template
from mail import ZONE, await_accepted, await_refused
from smtp import deliver


def mail_from(postfix, address):
    return deliver(postfix.smtpd, address, via="xclient")


def test_mail_from_an_unlisted_address_is_delivered(postfix):
    outcome = mail_from(postfix, "192.0.2.1")
    assert outcome.accepted, outcome
    postfix.await_discarded(postfix.queue_id(outcome))


def test_mail_from_a_listed_address_is_refused_with_our_text(postfix, mail_world):
    mail_world.add("192.0.2.2")
    outcome = mail_from(postfix, "192.0.2.2")
    assert (outcome.stage, outcome.code) == ("rcpt", 554)
    assert f"[192.0.2.2] blocked using {ZONE}" in outcome.text
    assert template("relay", "192.0.2.2") in outcome.text


def test_the_public_text_of_a_claim_reaches_the_sender(postfix, mail_world):
    mail_world.add("192.0.2.3", "--text", "Seen relaying on 21 November", "--reason", "secret trap")
    outcome = mail_from(postfix, "192.0.2.3")
    assert outcome.refused
    assert "Seen relaying on 21 November" in outcome.text
    assert "secret trap" not in outcome.text


def test_a_removed_address_may_mail_again_and_an_added_one_no_longer(postfix, mail_world):
    def attempt():
        return mail_from(postfix, "192.0.2.4")

    assert attempt().accepted
    mail_world.add("192.0.2.4")
    await_refused(attempt)
    mail_world.remove("192.0.2.4")
    await_accepted(attempt)


def test_a_host_of_a_listed_range_is_refused(postfix, mail_world):
    mail_world.add("198.51.100.0/25")
    assert mail_from(postfix, "198.51.100.127").refused
    assert mail_from(postfix, "198.51.100.128").accepted


def test_mail_from_a_listed_ipv6_address_is_refused_with_our_text(postfix, mail_world):
    mail_world.add("2001:db8:4::1")
    outcome = mail_from(postfix, "2001:db8:4::1")
    assert outcome.refused
    assert template("relay", "2001:db8:4::1") in outcome.text
    assert mail_from(postfix, "2001:db8:4::2").accepted
