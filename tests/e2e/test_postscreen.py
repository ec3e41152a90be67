"""postscreen, which asks for A records only and counts those that match a filter."""

from mail import ZONE, await_accepted, await_refused
from smtp import deliver


def mail_from(postfix, address):
    return deliver(postfix.postscreen, address, via="proxy")


def test_an_unlisted_client_passes_postscreen_and_delivers(postfix):
    outcome = mail_from(postfix, "192.0.2.31")
    assert outcome.accepted, outcome
    postfix.await_discarded(postfix.queue_id(outcome))
    assert "PASS NEW [192.0.2.31]" in postfix.log()


def test_a_listed_client_is_refused_by_postscreen(postfix, mail_world):
    mail_world.add("192.0.2.32")
    outcome = mail_from(postfix, "192.0.2.32")
    assert (outcome.stage, outcome.code) == ("rcpt", 550)
    assert f"client [192.0.2.32] blocked using {ZONE}" in outcome.text
    assert "DNSBL rank 1 for [192.0.2.32]" in postfix.log()


def test_a_listed_ipv6_client_is_refused_by_postscreen(postfix, mail_world):
    mail_world.add("2001:db8:32::/64")
    assert mail_from(postfix, "2001:db8:32::77").refused
    assert mail_from(postfix, "2001:db8:33::77").accepted


def test_a_code_outside_the_filter_does_not_count(postfix, mail_world):
    """127.0.0.[2..11] is the filter; 127.0.0.20 is another list's business."""
    mail_world.list.feeder("add", "192.0.2.33", "--sublist", "other")
    outcome = mail_from(postfix, "192.0.2.33")
    assert outcome.accepted, outcome
    assert "192.0.2.33 listed by domain dnsbl.example.org as 127.0.0.20" in postfix.log()


def test_postscreen_follows_additions_and_removals(postfix, mail_world):
    def attempt():
        return mail_from(postfix, "192.0.2.34")

    assert attempt().accepted
    mail_world.add("192.0.2.34")
    await_refused(attempt)
    mail_world.remove("192.0.2.34")
    await_accepted(attempt)
