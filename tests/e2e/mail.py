"""What mail servers see: dnsbld behind a tap behind a strictly minimising Unbound.

    Postfix, Exim ─▶ Unbound ─▶ tap ─▶ dnsbld ◀─ LMDB ◀─ feeder

The zone's TTLs are one second, so that a test sees an alteration soon; it still has to wait for
what the resolver keeps, by asking again until a deadline.
"""

import contextlib

from dnsbld import SUBLISTS, Dnsbld, zone
from names import partial_names, reversed_name
from peers.unbound import Unbound
from process import await_until
from tap import Tap

ZONE = "dnsbl.example.org"

# A code that postscreen's usual filter leaves out.
OTHER = """
sublist other {
    code    = 20
    text    = "Another list, {ip}"
    expires = 1d
}
"""


class MailWorld:
    def __init__(self, make_folder):
        self.list = self.tap = self.resolver = None
        try:
            self.list = Dnsbld(make_folder(), SUBLISTS + OTHER + zone(ZONE, ttl="1s", minimum="1s"))
            self.list.init().start()
            self.tap = Tap(("127.0.0.1", self.list.port))
            self.resolver = Unbound(make_folder(), [ZONE], self.tap.port)
        except BaseException:
            self.stop()
            raise

    @property
    def resolv_conf(self):
        return self.resolver.resolv_conf

    def add(self, address, *words):
        self.list.feeder("add", address, "--sublist", "relay", *words)

    def remove(self, address):
        self.list.feeder("remove", address, "--reason", "fixed")

    def await_asked(self, address, *minimised):
        """Until the resolver has asked dnsbld, not its own cache, for all of these names."""
        name = reversed_name(address, ZONE)
        self.tap.forget()

        def asked():
            self.resolver.ask(name, "A")
            return {name, *minimised} <= set(self.tap.names())

        await_until(asked, lambda: f"questions for {name}: {self.tap.names()}")

    def minimised(self, address):
        """The minimised names that were seen on the way to this address."""
        names = set(self.tap.names())
        return [name for name in partial_names(address, ZONE) if name in names]

    def stop(self):
        with contextlib.ExitStack() as parts:
            for part in (self.list, self.tap, self.resolver):
                if part:
                    parts.callback(part.stop)


def await_outcome(attempt, wanted, what):
    """Mail again until the outcome is the wanted one: the resolver's cache has to run out first."""
    last = []

    def once():
        last[:] = [attempt()]
        return last[0] if wanted(last[0]) else None

    return await_until(once, lambda: f"{what}; the last was {last}")


def await_refused(attempt):
    return await_outcome(attempt, lambda outcome: outcome.refused, "the mail is refused")


def await_accepted(attempt):
    return await_outcome(attempt, lambda outcome: outcome.accepted, "the mail is accepted")
