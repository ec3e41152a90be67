"""Exim with dnslists in an ACL that quotes $dnslist_text, one TXT record's first string."""

from dnsbld import template
from mail import ZONE, await_accepted, await_refused
from process import await_until


def test_mail_from_an_unlisted_address_is_delivered(exim):
    before = exim.delivered()
    outcome = exim.deliver("192.0.2.61")
    assert outcome.accepted, outcome
    await_until(lambda: exim.delivered() == before + 1, "the message is delivered")


def test_mail_from_a_listed_address_is_refused_with_our_text(exim, mail_world):
    mail_world.add("192.0.2.62")
    outcome = exim.deliver("192.0.2.62")
    assert (outcome.stage, outcome.code) == ("rcpt", 550)
    # Exim breaks a long reply after a colon.
    assert outcome.text.replace("\n", " ") == (
        f"listed in {ZONE} as 127.0.0.2: " + template("relay", "192.0.2.62"))


def test_an_address_on_two_sublists_shows_both_values(exim, mail_world):
    mail_world.list.feeder("add", "192.0.2.63", "--sublist", "relay")
    mail_world.list.feeder("add", "192.0.2.63", "--sublist", "netblock")
    outcome = exim.deliver("192.0.2.63")
    assert outcome.refused
    values = outcome.text.partition(" as ")[2].partition(":")[0]
    assert sorted(values.split(", ")) == ["127.0.0.2", "127.0.0.9"]
    assert (template("relay", "192.0.2.63") in outcome.text
            or template("netblock", "192.0.2.63") in outcome.text)


def test_a_listed_ipv6_address_is_refused_with_our_text(exim, mail_world):
    mail_world.add("2001:db8:62::1")
    outcome = exim.deliver("2001:db8:62::1")
    assert outcome.refused
    assert template("relay", "2001:db8:62::1") in outcome.text
    assert exim.deliver("2001:db8:63::1").accepted


def test_exim_follows_additions_and_removals(exim, mail_world):
    def attempt():
        return exim.deliver("192.0.2.64")

    assert attempt().accepted
    mail_world.add("192.0.2.64")
    await_refused(attempt)
    mail_world.remove("192.0.2.64")
    await_accepted(attempt)
