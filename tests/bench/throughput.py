"""CPU time a query of each server, in rounds A B C A B C; each ratio is of two that were measured in the same round.

    plain, edns        nine of ten for A and one for TXT, half of them listed
    feeding            dnsbld, while feeder commits 100 changes a second
    defences           dnsbld, with rate limits, ACLs and metrics, and with a cookie in each query
    packets            dnsbld: listed, outside any zone, malformed
    workers            dnsbld and echo with one worker and with one a CPU
    large              ten million listings, and a million different queries
    memory, add        Pss of each server; one change, until it is in the answer
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

import lists
import servers

CHANGES_A_SECOND = 100
LARGE, LARGE_QUERIES = 10_000_000, 1_000_000


def load(bench, name, seconds, queries="queries", edns=False, cookies=False):
    """One run of the generator. A wrong answer ends the bench, and so does no answer where it is no accident."""
    server = bench.servers[name]
    options = ["-t", lists.TEXT] + ["-e"] * edns + ["-k"] * cookies
    if name.startswith("echo"):
        queries = echoed(bench, queries)
    if name == "rbldnsd":  # it does not know EDNS
        options.append("-n")
    run = json.loads(servers.run_on_load_cpu(
        os.path.join(servers.BUILD, "tests/bench/load"), *options, str(server.port), bench.path(queries), str(seconds),
        *map(str, server.pids)))
    if run["lost"] * 100 > run["answered"]:
        sys.exit("bench: %s: %d answers to '%s', and %d are missing" % (name, run["answered"], queries, run["lost"]))
    return run


def echoed(bench, queries):
    """The same queries with what an echo makes of them."""
    if not os.path.exists(bench.path(queries + ".echo")):
        with open(bench.path(queries)) as asked, open(bench.path(queries + ".echo"), "w") as out:
            out.writelines(line.rsplit(" ", 1)[0] + " echo\n" for line in asked)
    return queries + ".echo"


def in_turn(rounds, runs):
    """`runs`: what -> a function that makes one run of it. All runs of each."""
    done = {what: [] for what in runs}
    for number in range(rounds):
        for what, run in runs.items():
            done[what].append(run())
        servers.say("round %d of %d: %s" % (number + 1, rounds, ", ".join(
            "%s %.0f ns" % (what, all_runs[-1]["cpu_ns"]) for what, all_runs in done.items())))
    return done


def spread(numbers, digits):
    return {"median": round(statistics.median(numbers), digits), "min": round(min(numbers), digits),
            "max": round(max(numbers), digits)}


def ratios(done, to):
    return {what: spread([a["cpu_ns"] / b["cpu_ns"] for a, b in zip(runs, done[to])], 3)
            for what, runs in done.items() if what != to}


def summary(done, *to):
    """`to`: what to give ratios to."""
    return {**{what: {"cpu_ns": spread([run["cpu_ns"] for run in runs], 1),
                      "per_second": round(statistics.median(run["answered"] / run["seconds"] for run in runs)),
                      "busy": round(statistics.median(run["busy"] for run in runs), 3),
                      "waited": round(statistics.median(run["waited"] for run in runs), 3),
                      "lost": sum(run["lost"] for run in runs)} for what, runs in done.items()},
            **{"to " + other: ratios(done, other) for other in to if other in done}}


def compare(bench, rounds, seconds, edns=False):
    for name in bench.servers:
        load(bench, name, 0.2, edns=edns)  # warm
    done = in_turn(rounds, {name: lambda name=name: load(bench, name, seconds, edns=edns) for name in bench.servers})
    return summary(done, "echo", "rbldnsd")


class Feeding:
    """feeder on the generator's CPU; a line every 10 ms, each committed before the next is written."""

    def __init__(self, bench):
        self.fresh = open(bench.path("fresh"))
        self.bench = bench
        self.commits = 0
        self.seconds = 0.0

    def __enter__(self):
        self.process = subprocess.Popen(servers.on_load_cpu(
            os.path.join(servers.BUILD, "feeder"), "-c", self.bench.path("conf"), "add", "--sublist", "relay",
            "--source", "fed", "--stream", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.feed)
        self.thread.start()
        return self

    def feed(self):
        os.sched_setaffinity(0, {servers.LOAD_CPU % os.cpu_count()})  # this thread alone
        begun = due = time.monotonic()
        while not self.ending.wait(max(0, due - time.monotonic())):
            self.last = next(self.fresh).strip()
            self.process.stdin.write(self.last + "\n")
            self.process.stdin.flush()
            if not self.process.stdout.readline().startswith("committed "):
                break
            self.commits += 1
            due += 1 / CHANGES_A_SECOND
        self.seconds += time.monotonic() - begun

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.process.stdin.close()
        self.process.stdout.read()
        if self.process.wait() != 0:
            sys.exit("bench: feeder add --stream: exit %d" % self.process.returncode)
        name = ".".join(reversed(self.last.split("."))) + "." + lists.ZONE
        if servers.rcode(self.bench.servers["dnsbld"].port, name) != 0:
            sys.exit("bench: %s is committed and not in the answer" % self.last)


def feeding(bench, rounds, seconds):
    feed = Feeding(bench)

    def fed():
        with feed:
            return load(bench, "dnsbld", seconds)

    done = in_turn(rounds, {"echo": lambda: load(bench, "echo", seconds), "dnsbld": lambda: load(
        bench, "dnsbld", seconds), "dnsbld, feeding": fed})
    feed.fresh.close()
    return {**summary(done, "echo"), "commits_per_second": round(feed.commits / feed.seconds, 1)}


def defences(bench, rounds, seconds):
    name = bench.start_defended()
    done = in_turn(rounds, {
        "dnsbld": lambda: load(bench, "dnsbld", seconds),
        name: lambda: load(bench, name, seconds),
        "dnsbld, EDNS": lambda: load(bench, "dnsbld", seconds, edns=True),
        name + ", cookies": lambda: load(bench, name, seconds, edns=True, cookies=True)})
    bench.servers.pop(name)
    return {**summary({what: done[what] for what in ("dnsbld", name)}, "dnsbld"),
            **summary({what: done[what] for what in ("dnsbld, EDNS", name + ", cookies")}, "dnsbld, EDNS")}


def packets(bench, rounds, seconds):
    lists.write_malformed(bench.path("malformed"), bench.path("hits"))
    done = in_turn(rounds, {queries: lambda queries=queries: load(bench, "dnsbld", seconds, queries)
                            for queries in ("hits", "outside", "malformed")})
    return summary(done, "hits")


def workers(bench, rounds, seconds):
    """Beside as many echoes, for they share the CPU with the generator in the same way."""
    names = ["echo", "dnsbld", *bench.start_workers(os.cpu_count())]
    done = in_turn(rounds, {name: lambda name=name: load(bench, name, seconds) for name in names})
    one, many = ratios(done, names[0])["dnsbld"], ratios(done, names[2])[names[3]]
    for name in names[2:]:
        bench.servers.pop(name)
    return {**summary({name: done[name] for name in ("echo", "dnsbld")}, "echo"),
            **summary({name: done[name] for name in names[2:]}, names[2]),
            "contention": round(many["median"] / one["median"], 3)}


def large(folder, rounds, seconds):
    bench = servers.Bench(os.path.join(folder, "large"))
    os.mkdir(bench.folder)
    try:
        imported = bench.prepare(LARGE, LARGE_QUERIES)
        bench.start_all(zone_files=False)
        return {"list": imported, "plain": compare(bench, rounds, seconds), "memory_mb": memory(bench)}
    finally:
        bench.stop()
        shutil.rmtree(bench.folder)


def memory(bench):
    return {name: round(server.memory_mb(), 1) for name, server in bench.servers.items()}


def add(bench, count):
    """Time of one add, fsync and process start among it, and that the next answer has it: every time."""
    port = bench.servers["dnsbld"].port
    took = []
    for i in range(count):
        name = "%d.113.0.203.%s" % (i, lists.ZONE)
        if servers.rcode(port, name) != 3:
            sys.exit("bench: 203.0.113.%d is listed before it was added" % i)
        begun = time.monotonic()
        bench.feeder("add", "203.0.113.%d" % i, "--sublist", "relay")
        took.append((time.monotonic() - begun) * 1000)
        if servers.rcode(port, name) != 0:
            sys.exit("bench: 203.0.113.%d is not in the answer after its commit" % i)
    return {"count": count, "ms": spread(took, 1)}


def measure(folder, bench, quick):
    rounds, seconds = (3, 0.5) if quick else (7, 2)
    fewer = 2 if quick else 5
    result = {}
    servers.say("queries, without EDNS and with it")
    result["plain"] = compare(bench, rounds, seconds)
    result["edns"] = compare(bench, fewer, seconds / 2, edns=True)
    result["memory_mb"] = memory(bench)
    servers.say("dnsbld, while feeder commits")
    result["feeding"] = feeding(bench, fewer, seconds)
    servers.say("dnsbld, defended")
    result["defences"] = defences(bench, fewer, seconds)
    servers.say("dnsbld, bad input")
    result["packets"] = packets(bench, fewer, seconds / 2)
    if os.cpu_count() > 1:
        servers.say("dnsbld, %d workers" % os.cpu_count())
        result["workers"] = workers(bench, fewer, seconds / 2)
    result["add"] = add(bench, 20 if quick else 100)
    if not quick:
        result["large"] = large(folder, rounds, seconds)
    return result


def show_runs(title, result, remark="", alone=True):
    print("\n%-24s %28s %9s %5s  %s" % (
        title, "ns CPU a packet (min to max)", "answers/s", "busy", "ratio (min to max)"))
    names = [name for name in result if "cpu_ns" in (result[name] if isinstance(result[name], dict) else ())]
    for name in names:
        run, of = result[name], []
        for key in result:
            if key.startswith("to ") and name in result[key]:
                ratio = result[key][name]
                of.append("%.2f %s (%.2f to %.2f)" % (ratio["median"], key, ratio["min"], ratio["max"]))
        print("  %-22s %10.0f %17s %9d %5.2f  %s" % (
            name, run["cpu_ns"]["median"], "(%.0f to %.0f)" % (run["cpu_ns"]["min"], run["cpu_ns"]["max"]),
            run["per_second"], run["busy"], ", ".join(of)))
    for what, found in (("not saturated, as the generator's CPU is too busy",
                         lambda run: run["busy"] + run["waited"] < 0.95),
                        ("disturbed by other processes on its CPU", lambda run: alone and run["waited"] > 0.05),
                        ("lost answers", lambda run: run["lost"])):
        if any(found(result[name]) for name in names):
            print("  (%s: %s)" % (what, ", ".join(name for name in names if found(result[name]))))
    if remark:
        print("  (%s)" % remark)


def show(result):
    show_runs("queries", result["plain"])
    show_runs("queries with EDNS", result["edns"])
    show_runs("while feeder commits", result["feeding"], "%.1f commits a second; the echo is left alone" %
              result["feeding"]["commits_per_second"])
    show_runs("defended", result["defences"], "rate limits, ACLs, metrics; then with a cookie in each query as well")
    show_runs("dnsbld, by packet", result["packets"], "behind a packet without answer there is a good query")
    if "workers" in result:
        show_runs("workers", result["workers"], "CPU of all together; the generator shares a CPU with one worker, "
                  "the echo's too. Beside the echo's, a query of many workers costs %.2f times one worker's" %
                  result["workers"]["contention"], alone=False)
    print("\nmemory (Pss)            %s" % shown_memory(result["memory_mb"]))
    print("add                      %.1f ms (at most %.1f), in the next answer %d times of %d" % (
        result["add"]["ms"]["median"], result["add"]["ms"]["max"], result["add"]["count"], result["add"]["count"]))
    if "large" in result:
        show_runs("%d listings" % result["large"]["list"]["listings"], result["large"]["plain"],
                  "Knot and NSD would need many gigabytes for so many")
        print("  memory (Pss)          %s" % shown_memory(result["large"]["memory_mb"]))


def shown_memory(memory_mb):
    return ", ".join("%s %.1f MB" % (name, mb) for name, mb in memory_mb.items())
