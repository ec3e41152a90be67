"""A random database as a page of Python: what is claimed and excluded, and what DNS says of it.

    model = Model(server, seed)   model.grow()   each change is one run of feeder, and is
    model.change()  …                            remembered here
    model.answers(addresses)                     (codes, texts) as dnsbld has to answer each
    model.addresses(n)                           what is worth asking for

It knows nothing of units, blocks and wildcards. Prefixes are drawn in few places, so that they
nest, overlap and meet; among them those where IPv4 and IPv6 names are neighbours (1.0.0.2 and 2000::/16).

A claim is in force until a write sweeps it: `now` is a clock of the model's own, one hour a change.
"""

import datetime
import ipaddress
import json
import random

from dnsbld import template
from lists import neighbours, random_in, reserved

CODES = {"relay": 2, "hijacked": 4, "multihop": 5, "netblock": 9}
SOURCES = ("operator", "feed-a", "feed-b", "z")
TEXTS = ("Listed: {ip}", 'It\'s "quoted", \\back\\slashed; and (so on) ip={ip}', "No address",
         "5$ a {ip} and {ip}", "é ünï ☃ ip={ip}", "{ip", "@", "x" * 200 + " {ip}", "y" * 255,
         " two  spaces ", "2 * 3", "Is {ip}. ({ip}), <{ip}>: {ip}", "$ORIGIN .")

# Where prefixes are drawn: the place, the shortest and the longest of them.
PLACES = (("5.6.0.0/15", 15, 32), ("11.2.3.0/24", 24, 32), ("64.9.0.0/20", 18, 32),
          ("2.0.0.0/24", 24, 32), ("1.0.0.0/26", 26, 32), ("203.0.113.0/24", 22, 32),
          ("90.0.0.0/7", 9, 13), ("2001:db8::/32", 30, 128), ("2001:db8:0:1::/64", 62, 128),
          ("2a06:e480::/29", 27, 48), ("2600:1:4::/46", 44, 128), ("2002:506::/32", 30, 128))
PLACES = tuple((ipaddress.ip_network(n), low, high) for n, low, high in PLACES)


class Claim:
    def __init__(self, text, created, expires):
        self.text, self.created, self.expires = text, created, expires


class Model:
    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.claims = {}        # (source, prefix, sublist) → Claim
        self.exclusions = {}    # prefix → expires
        self.disabled = set()
        self.now = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
        self.said = []          # what was done, for whoever reads of a failure
        self.touched = set()    # prefixes of the last change

    # --- what is drawn ---------------------------------------------------------------------------

    def prefix(self):
        """In one of the places, or a relation of one that is there."""
        known = [p for _, p, _ in self.claims]
        if known and self.random.random() < 0.4:
            return self.relation(self.random.choice(known))
        place, low, high = self.random.choice(PLACES)
        length = self.random.choice((self.random.randint(low, high), self.random.randint(low, high),
                                     high, min(high, low + low % 8)))
        return ipaddress.ip_network(f"{random_in(self.random, place)}/{length}", strict=False)

    def relation(self, prefix):
        """The same, its buddy, one above or below, an address at its edge."""
        longest, length = prefix.max_prefixlen, prefix.prefixlen
        shortest = 12 if prefix.version == 4 else 27
        number = int(prefix.network_address)
        kind = self.random.randrange(5)
        if kind == 1:
            number ^= 1 << (longest - length)
        elif kind == 2 and length > shortest:
            length = max(shortest, length - self.random.choice((1, 1, 2, 4, 8)))
        elif kind == 3:
            length = min(longest, length + self.random.choice((1, 1, 2, 4, 8)))
        elif kind == 4:
            number, length = int(self.random.choice(sorted(neighbours(prefix)))), longest
        address = type(prefix.network_address)(number)
        return ipaddress.ip_network(f"{address}/{length}", strict=False)

    def prefixes(self, most):
        drawn = {self.prefix() for _ in range(self.random.randint(1, most))}
        return sorted((p for p in drawn if not self.is_reserved(p)), key=order)

    def is_reserved(self, prefix):
        return reserved(prefix.network_address)

    def sublist(self):
        return self.random.choice(tuple(CODES))

    def source(self):
        return self.random.choice([s for s in SOURCES if s not in self.disabled] or ["fresh"])

    def text(self):
        return self.random.choice((None, self.random.choice(TEXTS)))

    # --- what is done ----------------------------------------------------------------------------

    def feeder(self, *words, **options):
        self.now += datetime.timedelta(hours=1)
        self.sweep()
        self.said.append(" ".join(map(str, words))[:2000])
        return self.server.feeder("--now", self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), *words,
                                  **options)

    def sweep(self):
        """What has expired by now goes before anything else is done."""
        gone = {p for (_, p, _), c in self.claims.items() if c.expires and c.expires <= self.now}
        gone |= {p for p, e in self.exclusions.items() if e and e <= self.now}
        self.claims = {k: c for k, c in self.claims.items()
                       if not c.expires or c.expires > self.now}
        self.exclusions = {p: e for p, e in self.exclusions.items() if not e or e > self.now}
        self.touched |= gone

    def grow(self, changes=12):
        for _ in range(changes):
            self.random.choice((self.add, self.add, self.add, self.load, self.exclude))()

    def change(self):
        """One change of a random kind; its touched prefixes are in `touched`."""
        self.touched = set()
        kinds = (self.add, self.add, self.add_one, self.remove, self.remove, self.exclude,
                 self.include, self.purge, self.expire, self.load, self.replace, self.replace)
        while not self.touched:
            self.random.choice(kinds)()

    def add(self, most=20):
        prefixes, sublist, source, text = (self.prefixes(most), self.sublist(), self.source(),
                                           self.text())
        if not prefixes:
            return
        days = self.random.choice((None, None, 1, 3, 10))
        words = ["--text", text] if text else []
        words += ["--expires", f"{days}d" if days else "never"]
        self.feeder("add", "-", "--force", "--sublist", sublist, "--source", source, *words,
                    input="".join(f"{p}\n" for p in prefixes))
        for p in prefixes:
            self.claim(source, p, sublist, text, self.now + datetime.timedelta(days=days)
                       if days else None)

    def add_one(self):
        self.add(1)

    def claim(self, source, prefix, sublist, text, expires):
        """A claim that is there already is renewed and keeps its text."""
        claim = self.claims.get((source, prefix, sublist))
        if claim:
            claim.expires = expires
        else:
            self.claims[source, prefix, sublist] = Claim(text, self.now, expires)
        self.touched.add(prefix)

    def remove(self):
        known = sorted({p for _, p, _ in self.claims}, key=order)
        if not known:
            return
        chosen = self.random.sample(known, min(len(known), self.random.choice((1, 3, 30))))
        sublist = self.random.choice((None, None, self.sublist()))
        if sublist and not any((s, p, sublist) in self.claims for s in SOURCES for p in chosen):
            sublist = None
        self.feeder("remove", "-", "--reason", "test", *(["--sublist", sublist] if sublist else []),
                    input="".join(f"{p}\n" for p in chosen), status=None)
        self.claims = {(s, p, on): c for (s, p, on), c in self.claims.items()
                       if p not in chosen or sublist not in (None, on)}
        self.touched |= set(chosen)

    def exclude(self):
        """Mostly holes in what is there."""
        wide = {4: 24, 6: 60}
        prefixes = [p for p in self.prefixes(6) if p not in self.exclusions
                    and (p.prefixlen > wide[p.version] or self.random.random() < 0.1)]
        if not prefixes:
            return
        days = self.random.choice((None, 2))
        self.feeder("exclude", "add", *prefixes, *(["--expires", f"{days}d"] if days else []))
        for p in prefixes:
            self.exclusions[p] = self.now + datetime.timedelta(days=days) if days else None
        self.touched |= set(prefixes)

    def include(self):
        if self.exclusions:
            chosen = self.random.choice(sorted(self.exclusions, key=order))
            self.feeder("exclude", "remove", chosen, status=None)
            self.exclusions.pop(chosen, None)
            self.touched.add(chosen)

    def purge(self):
        """Withdraws all of a source, which may claim again at once."""
        source = self.source()
        gone = {p for s, p, _ in self.claims if s == source}
        if gone:
            self.feeder("purge", "--source", source)
            self.claims = {k: c for k, c in self.claims.items() if k[0] != source}
            self.feeder("source", "enable", source)
            self.touched |= gone

    def expire(self):
        self.now += datetime.timedelta(days=self.random.choice((1, 3)))
        self.feeder("expire")

    def rows(self, count):
        """Claims for import, each with a sublist and perhaps a text of its own."""
        drawn = {}
        for _ in range(count):
            prefix = self.prefix()
            if not self.is_reserved(prefix):
                drawn[prefix, self.sublist()] = self.text()
        return drawn

    def load(self):
        """A commit of thousands, mostly addresses of one place."""
        count = self.random.choice((50, 400, 3000))
        place = self.random.choice(PLACES[:3])[0]
        drawn = self.rows(50)
        for _ in range(count):
            address = random_in(self.random, place)
            drawn[ipaddress.ip_network(address), "relay"] = None
        self.bring(self.source(), drawn)

    def replace(self):
        """A feed's next snapshot: some have gone, some have another text, some are new."""
        source = self.source()
        drawn = {(p, on): c.text if self.random.random() < 0.7 else self.text()
                 for (s, p, on), c in self.claims.items()
                 if s == source and self.random.random() < 0.9}
        drawn.update(self.rows(self.random.choice((1, 40))))
        if drawn:
            self.bring(source, drawn, "--replace")

    def bring(self, source, drawn, *words):
        rows = []
        for (prefix, sublist), text in drawn.items():
            row = {"prefix": str(prefix), "sublist": sublist}
            rows.append(json.dumps({**row, "text": text} if text else row) + "\n")
        self.feeder("import", "--source", source, "--sublist", "relay", "--format", "json",
                    "--expires", "never", "--force", *words, "-", input="".join(rows))
        # What is excluded is counted and not stored; what is stored of it already stays.
        stored = {k: t for k, t in drawn.items() if not self.excluded(k[0])}
        if words:
            gone = {k for k in self.claims if k[0] == source and k[1:] not in drawn}
            for key in gone:
                del self.claims[key]
            self.touched |= {p for _, p, _ in gone}
        for (prefix, sublist), text in stored.items():
            old = self.claims.get((source, prefix, sublist))
            if words and old and old.text != text:
                # What says another thing is another claim.
                del self.claims[source, prefix, sublist]
            self.claim(source, prefix, sublist, text, None)

    # --- what it means ---------------------------------------------------------------------------

    def excluded(self, prefix):
        return any(e.version == prefix.version and prefix.subnet_of(e) for e in self.exclusions)

    def index(self):
        """To look up many addresses: prefix → its claims, by family and length."""
        found = {}
        for (source, p, sublist), claim in self.claims.items():
            found.setdefault((p.version, p.prefixlen), {}).setdefault(
                int(p.network_address), []).append((source, sublist, claim))
        excluded = {}
        for p in self.exclusions:
            excluded.setdefault((p.version, p.prefixlen), {})[int(p.network_address)] = True
        return found, excluded

    def answers(self, addresses):
        """For each address a tuple: its codes and its texts, sorted."""
        found, excluded = self.index()
        return [self.answer(a, found, excluded) for a in addresses]

    def answer(self, address, found, excluded):
        if reserved(address) or any(covering(address, excluded)):
            return (), ()
        best = {}
        for length, claims in covering(address, found):
            for source, sublist, claim in claims:
                rank = (claim.text is None, -length, claim.created, source)
                if sublist not in best or rank < best[sublist][0]:
                    best[sublist] = rank, claim.text
        texts = {text.replace("{ip}", str(address)) if text else template(sublist, address)
                 for sublist, (_, text) in best.items()}
        return (tuple(sorted(f"127.0.0.{CODES[s]}" for s in best)), tuple(sorted(texts)))

    def addresses(self, count):
        """Every boundary that the last change touched and, of `count` more, half at boundaries of
        whatever is there and half inside."""
        places = sorted({p for _, p, _ in self.claims} | set(self.exclusions), key=order)
        touched = sorted(self.touched, key=order)
        if len(touched) > count:
            touched = self.random.sample(touched, count)
        asked = set().union(*map(neighbours, touched))
        for _ in range(count // 2 if places else 0):
            asked.add(self.random.choice(sorted(neighbours(self.random.choice(places)))))
            asked.add(random_in(self.random, self.random.choice(places)))
        return sorted(asked, key=lambda a: (a.version, a))


def order(prefix):
    return prefix.version, prefix


def covering(address, table):
    """(length, value) of the rows of {(version, length): {number: value}} that cover it."""
    number = int(address)
    for (version, length), rows in table.items():
        if version == address.version:
            shift = address.max_prefixlen - length
            value = rows.get(number >> shift << shift)
            if value:
                yield length, value
