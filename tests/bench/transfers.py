"""Zones on their way: to secondaries, and into files. One zone, of which Knot and NSD have what `feeder export` wrote.

    axfr       the whole zone, from each server to the same client, in turn
    ixfr       a thousand changes, as one commit and as a thousand
    notify     from a commit to the answer of a secondary that follows: Knot, NSD, and dnsbld as a mirror
    export     each format, to a file
    memory     the most that each server ever had

What each sends is counted: Knot and NSD have one record more, the export's ZONEMD.
"""

import json
import os
import subprocess
import sys
import time

import lists
import servers
from throughput import spread

FORMATS = ("rbldnsd", "bind", "rpz", "cidr", "json", "nft", "ipset")
CHANGES = 1000
ANSWERED_S = 30
ALLOWED = "transfer { allow = { \"127.0.0.1\" } }"
KNOT_ACL = "acl:\n  - id: all\n    address: 127.0.0.1\n    action: [transfer, notify]\n"
KNOT_REMOTE = "remote:\n  - id: primary\n    address: 127.0.0.1@%d\n"
MIRROR = """\
database = "db"  listen = {{ "127.0.0.1:{port}" }}  workers = 1  user = "nobody"
mirror {{
    listen = "127.0.0.1:{notified}"
    zone "{zone}" {{ primaries = {{ "127.0.0.1:{primary}" }} }}
}}
"""


def take(port, *serial):
    return json.loads(servers.run_on_load_cpu(os.path.join(servers.BUILD, "tests/bench/axfr"), str(port), lists.ZONE,
                                              *map(str, serial)))


def serial(bench):
    return json.loads(bench.feeder("stats", "--json"))["serials"][lists.ZONE]


def fresh(bench):
    with open(bench.path("fresh")) as lines:
        yield from (line.strip() for line in lines)


def exports(bench):
    found = {}
    for name in FORMATS:
        begun = time.monotonic()
        bench.feeder("export", "--zone", lists.ZONE, "--format", name, "-o", bench.path("export." + name))
        found[name] = {"seconds": round(time.monotonic() - begun, 3),
                       "octets": os.path.getsize(bench.path("export." + name))}
    return found


def primaries(bench):
    """Those beside dnsbld, with its zone."""
    os.chmod(bench.path("export.bind"), 0o644)
    bench.start_knot(file="../export.bind", more="acl: all\n    " + servers.KNOT_STATIC, head=KNOT_ACL)
    bench.start_nsd(file="../export.bind", more="provide-xfr: 127.0.0.1 NOKEY")


def axfr(bench, rounds):
    done = {name: [] for name in bench.servers}
    for number in range(rounds):
        for name, server in bench.servers.items():
            done[name].append(take(server.port))
        servers.say("round %d of %d: %s" % (number + 1, rounds, ", ".join(
            "%s %.2f s" % (name, runs[-1]["seconds"]) for name, runs in done.items())))
    ours = done["dnsbld"][0]["records"]
    for name, runs in done.items():
        for run in runs:
            if run["records"] != ours + (name != "dnsbld"):
                sys.exit("bench: %s sent %d records, dnsbld %d" % (name, run["records"], ours))
    return {"records": ours, **{name: {
        "seconds": spread([run["seconds"] for run in runs], 3),
        "first_seconds": spread([run["first_seconds"] for run in runs], 4),
        "octets": runs[0]["octets"], "messages": runs[0]["messages"],
        "to dnsbld": spread([a["seconds"] / b["seconds"] for a, b in zip(runs, done["dnsbld"])], 2),
    } for name, runs in done.items()}}


def ixfr(bench, addresses, rounds):
    """From before a thousand changes; each is a listing, and brings an A and a TXT."""
    port = bench.servers["dnsbld"].port
    feed = [os.path.join(servers.BUILD, "feeder"), "-c", bench.path("conf"), "add", "--sublist", "relay", "--source",
            "ixfr"]
    found = {}
    for what, words in ("one commit", ["-"]), ("a commit each", ["--stream", "-"]):
        before = serial(bench)
        with subprocess.Popen(feed + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL) as process:
            for _ in range(CHANGES):
                process.stdin.write(next(addresses) + "\n")
                if len(words) > 1:
                    process.stdin.flush()
                    process.stdout.readline()
            process.stdin.close()
        if process.returncode != 0:
            sys.exit("bench: feeder add: exit %d" % process.returncode)
        runs = [take(port, before) for _ in range(rounds)]
        for run in runs:
            if run["records"] != 4 + 2 * CHANGES:
                sys.exit("bench: %d records for %d listings" % (run["records"], CHANGES))
        found[what] = {"ms": spread([1000 * run["seconds"] for run in runs], 2), "octets": runs[0]["octets"]}
    return found


def secondaries(bench, count):
    """dnsbld tells them at once (notify_delay = 0): its default is a second, in which changes are gathered."""
    port, notified = bench.port, servers.free_port()
    bench.start_knot("Knot-secondary", file="zone", more="master: primary\n    acl: all\n    journal-content: changes",
                     head=KNOT_REMOTE % port + KNOT_ACL)
    bench.start_nsd("NSD-secondary", file="zone.nsd", more="request-xfr: 127.0.0.1@%d NOKEY\n    "
                    "allow-notify: 127.0.0.1 NOKEY" % port)
    mirror = servers.Bench(bench.path("mirror"))
    os.mkdir(mirror.folder)
    os.chmod(mirror.folder, 0o755)
    mirror.port = servers.free_port()
    with open(mirror.path("conf"), "w") as out:
        out.write(MIRROR.format(port=mirror.port, notified=notified, primary=port, zone=lists.ZONE))
    mirror.feeder("init")
    mirror.started = bench.started
    bench.started.append(subprocess.Popen(
        [os.path.join(servers.BUILD, "feeder"), "-c", mirror.path("conf"), "mirror"], stdin=subprocess.DEVNULL,
        stderr=open(mirror.path("log"), "w")))
    mirror.start("dnsbld-mirror", mirror.port, [os.path.join(servers.BUILD, "dnsbld"), "-c", mirror.path("conf")])
    bench.servers.update(mirror.servers)
    ports = {name: bench.servers[name].port for name in bench.servers if name.endswith(("secondary", "mirror"))}
    told = [notified if name.endswith("mirror") else port for name, port in ports.items()]
    lists.write_dnsbld(bench.path("conf"), bench.port, 1, "notify_delay = 0\n", ALLOWED + " notify = { %s }" % ", ".join(
        '"127.0.0.1:%d"' % port for port in told))
    return ports


def notify(bench, ports, addresses, count):
    took = {name: [] for name in ports}
    for _ in range(count):
        address = next(addresses)
        name = ".".join(reversed(address.split("."))) + "." + lists.ZONE
        bench.feeder("add", address, "--sublist", "relay", "--source", "notify")
        begun, waiting = time.monotonic(), dict(ports)
        while waiting and time.monotonic() < begun + ANSWERED_S:
            for who, port in list(waiting.items()):
                if servers.rcode(port, name) == 0:
                    took[who].append(1000 * (time.monotonic() - begun))
                    del waiting[who]
            time.sleep(0.001)
        if waiting:
            sys.exit("bench: %s: not there %d s after the commit" % (", ".join(waiting), ANSWERED_S))
    return {name: spread(times, 1) for name, times in took.items()}


def measure(folder, _, quick):
    bench = servers.Bench(os.path.join(folder, "transfers"))
    os.mkdir(bench.folder)
    os.chmod(bench.folder, 0o755)
    listings, rounds = (200_000, 3) if quick else (1_000_000, 7)
    try:
        bench.prepare(listings, 1000, zone_more=ALLOWED)
        bench.start("dnsbld", bench.port, [os.path.join(servers.BUILD, "dnsbld"), "-c", bench.path("conf")])
        addresses = fresh(bench)
        result = {"listings": listings, "export": exports(bench)}
        primaries(bench)
        result["axfr"] = axfr(bench, rounds)
        result["ixfr"] = ixfr(bench, addresses, rounds)
        result["peak_mb"] = {name: round(server.peak_mb(), 1) for name, server in bench.servers.items()}
        result["notify_ms"] = {}
        servers.say("secondaries")
        ports = secondaries(bench, rounds)
        os.kill(bench.servers["dnsbld"].pids[0], 1)  # SIGHUP
        result["notify_ms"] = notify(bench, ports, addresses, 3 * rounds)
        result["peak_mb"].update({name: round(bench.servers[name].peak_mb(), 1) for name in ports})
        return result
    finally:
        bench.stop()


def show(result):
    print("transfers of %d listings" % result["listings"])
    for name, found in result["axfr"].items():
        if name != "records":
            print("  AXFR %-16s %8.3f s (%.3f to %.3f), %.1f MB in %d messages; %.2f of dnsbld's" % (
                name, *(found["seconds"][k] for k in ("median", "min", "max")), found["octets"] / 1e6,
                found["messages"], found["to dnsbld"]["median"]))
    for what, found in result["ixfr"].items():
        print("  IXFR of %d changes, %-14s %8.2f ms (%.2f to %.2f), %d octets" % (
            CHANGES, what, *(found["ms"][k] for k in ("median", "min", "max")), found["octets"]))
    for name, found in result["notify_ms"].items():
        print("  commit to answer, %-16s %8.1f ms (%.1f to %.1f)" % (
            name, *(found[k] for k in ("median", "min", "max"))))
    for name, found in result["export"].items():
        print("  export %-10s %8.2f s, %.1f MB" % (name, found["seconds"], found["octets"] / 1e6))
    print("  memory at most      %s" % ", ".join("%s %.1f MB" % pair for pair in result["peak_mb"].items()))
