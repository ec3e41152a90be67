"""Names that QNAME-minimising resolvers ask on their way must not stop them (RFC 8020, RFC 9156).

2001:db8::/32 is 8.b.d.0.1.0.0.2.ZONE, so a resolver first asks for 1.0.0.2.ZONE, which is also the
name of 2.0.0.1 and of no listing. NXDOMAIN there would hide every IPv6 listing under 2001::/16 from
a strict resolver. The tap shows that the minimised names were asked at all.
"""

import dns.rcode
import pytest

from dnsbld import template
from mail import ZONE, await_accepted, await_refused
from names import partial_names, reversed_name
from smtp import deliver

LOOKALIKE = "1.0.0.2." + ZONE     # 2.0.0.1, and the parent of 2001::/16


def mail_from(postfix, address):
    return deliver(postfix.smtpd, address, via="xclient")


@pytest.fixture(params=["2.0.0.1 is unlisted", "2.0.0.1 is listed"])
def lookalike_listed(request, mail_world):
    listed = request.param == "2.0.0.1 is listed"
    if listed:
        mail_world.add("2.0.0.1")
    yield listed
    if listed:
        mail_world.remove("2.0.0.1")


def test_the_resolver_asks_minimised_names(mail_world):
    mail_world.await_asked("192.0.2.9", *partial_names("192.0.2.9", ZONE))
    mail_world.await_asked("2001:db8::9", "2." + ZONE, "0.2." + ZONE, "0.0.2." + ZONE, LOOKALIKE)


def test_every_minimised_name_exists(mail_world):
    for address in ("203.0.113.9", "2001:db8:9::9"):
        mail_world.await_asked(address)
        assert mail_world.minimised(address)
        for name in mail_world.minimised(address):
            assert mail_world.tap.rcodes(name) == {"NOERROR"}, name


def test_an_ipv6_client_is_refused_whatever_the_lookalike_is(postfix, mail_world, lookalike_listed):
    mail_world.add("2001:db8:5::1")
    mail_world.await_asked("2001:db8:5::1", LOOKALIKE)
    assert mail_world.tap.rcodes(LOOKALIKE) == {"NOERROR"}
    outcome = await_refused(lambda: mail_from(postfix, "2001:db8:5::1"))
    assert template("relay", "2001:db8:5::1") in outcome.text
    mail_world.remove("2001:db8:5::1")


def test_an_unlisted_ipv6_client_is_accepted_whatever_the_lookalike_is(postfix, mail_world,
                                                                       lookalike_listed):
    mail_world.await_asked("2001:db8:6::1", LOOKALIKE)
    assert mail_world.tap.rcodes(LOOKALIKE) == {"NOERROR"}
    assert mail_from(postfix, "2001:db8:6::1").accepted


def test_the_lookalike_itself_is_judged_by_its_own_listing(postfix, mail_world, lookalike_listed):
    mail_world.await_asked("2.0.0.1")
    wait = await_refused if lookalike_listed else await_accepted
    wait(lambda: mail_from(postfix, "2.0.0.1"))


def test_an_ipv6_client_listed_after_it_was_unlisted_is_refused_and_back(postfix, mail_world):
    def attempt():
        return mail_from(postfix, "2001:db8:7::1")

    await_accepted(attempt)
    mail_world.add("2001:db8:7::/48")
    await_refused(attempt)
    mail_world.remove("2001:db8:7::/48")
    await_accepted(attempt)


def test_test_entries_are_found_through_the_resolver(mail_world):
    """RFC 5782 §5, as Haraka or mox ask before they trust a list."""
    ask = mail_world.resolver.ask
    assert ask(reversed_name("127.0.0.2", ZONE), "A").rcode() == dns.rcode.NOERROR
    assert ask(reversed_name("::ffff:7f00:2", ZONE), "A").rcode() == dns.rcode.NOERROR
    assert ask(reversed_name("127.0.0.1", ZONE), "A").rcode() == dns.rcode.NXDOMAIN
    assert ask(reversed_name("::ffff:7f00:1", ZONE), "A").rcode() == dns.rcode.NXDOMAIN
