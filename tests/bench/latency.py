"""How long answers take at half load; the worst stall while everything changes; how soon a commit is in the answer.

    rest          each server alone, in turn, all asked at one rate: half of what the slower of dnsbld and rbldnsd can
    commits       dnsbld, while feeder commits 100 changes a second, one by one
    import        dnsbld, while feeder replaces the list by another of that size
    reload        rbldnsd, while it does: within its process, which is its default, and with -f in a child's place
    answer        from a commit to the answer that has it: the next one, or the bench ends

feeder works on the server's CPU, as rbldnsd does when it reloads: the generator spins on the other one, so there
feeder would stand still, or the generator, which would count that as the server's. "equal": at the priority that
the server has, so that each may have half of the CPU; "nice": under nice -n 19, so that feeder has what the server
leaves. What is asked during import and reload is listed in both lists or in neither, so that each answer is still
held against the one that is right.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import lists
import servers
import throughput

COMPARED = ("dnsbld", "rbldnsd", "echo")
CHANGES_A_SECOND = 100
KEPT = 10  # one query of so many is asked while the list is replaced; what it finds is in both lists
MOST_S = 60
PRIORITY = {"equal": [], "nice": ["nice", "-n", "19"]}


# --- the generator


def stolen_ms():
    """What the host of a virtual machine kept of all CPUs so far: a server that is stalled by that cannot help it."""
    with open("/proc/stat") as f:
        return 1000 * int(f.readline().split()[8]) // os.sysconf("SC_CLK_TCK")


class Asking:
    """latency.c at work, inside a with; .result behind it. A wrong answer ends the bench."""

    def __init__(self, bench, server, rate, queries, seconds=None):
        queries = throughput.echoed(bench, queries) if server.name == "echo" else queries
        self.command = servers.on_load_cpu(
            os.path.join(servers.BUILD, "tests/bench/latency"), "-t", lists.TEXT, str(server.port),
            bench.path(queries), str(rate), str(seconds or MOST_S))
        self.ends_itself = seconds is not None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # "started"
        self.stolen_ms = stolen_ms()
        return self

    def __exit__(self, *_):
        if not self.ends_itself:
            self.process.terminate()
        printed = self.process.stdout.read()
        self.stolen_ms = stolen_ms() - self.stolen_ms
        if self.process.wait() != 0:
            sys.exit("bench: %s: exit %d\n%s" % (" ".join(self.command), self.process.returncode, printed))
        self.result = {**json.loads(printed), "stolen_ms": self.stolen_ms}


def run(bench, name, rate, seconds):
    with Asking(bench, bench.servers[name], rate, "queries", seconds) as asking:
        pass
    return asking.result


def summary(runs):
    """Medians of the rounds; of each round's longest stall the median and the worst; of losses the sum."""
    return {**{key: round(statistics.median(run[key] for run in runs), 1)
               for key in ("p50_us", "p99_us", "p999_us", "stall_us")},
            **{"worst_" + key: max(run[key] for run in runs) for key in ("stall_us", "turn_us")},
            **{key: sum(run[key] for run in runs) for key in ("sent", "lost", "stolen_ms")}}


def half_load(bench, seconds):
    able = {}
    for name in COMPARED:
        if name in bench.servers and name != "echo":
            done = throughput.load(bench, name, seconds)
            able[name] = round(done["answered"] / done["seconds"])
    return able, min(able.values()) // 2


def rest(bench, rate, rounds, seconds):
    names = [name for name in COMPARED if name in bench.servers]
    done = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            done[name].append(run(bench, name, rate, seconds))
    return {name: summary(runs) for name, runs in done.items()}


# --- feeder


def on_server_cpu(priority):
    return [*(["taskset", "-c", str(servers.SERVER_CPU)] if os.cpu_count() > 1 else []), *PRIORITY[priority]]


def beside_server():
    """This thread on the server's CPU, and only when nobody else wants it."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    os.sched_setaffinity(0, {servers.SERVER_CPU})


class Stream:
    """feeder add --stream; a line in, "committed" out."""

    def __init__(self, bench, *around):
        self.process = subprocess.Popen(
            [*around, os.path.join(servers.BUILD, "feeder"), "-c", bench.path("conf"), "add", "--sublist", "relay",
             "--source", "streamed", "--stream", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, bufsize=0)
        self.last = None

    def commit(self, address):
        self.last = address
        self.process.stdin.write(address.encode() + b"\n")
        if not self.process.stdout.readline().startswith(b"committed "):
            sys.exit("bench: feeder add --stream did not commit %s" % address)

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("bench: feeder add --stream: exit %d" % self.process.returncode)


def feed(stream, fresh, took, ending):
    beside_server()
    due = time.monotonic()
    while not ending.wait(max(0, due - time.monotonic())):
        begun = time.monotonic()
        stream.commit(fresh.pop())
        took.append(time.monotonic() - begun)
        due += 1 / CHANGES_A_SECOND


def name_of(address):
    return ".".join(reversed(address.split("."))) + "." + lists.ZONE


def commits(bench, fresh, rate, rounds, seconds, priority):
    took, runs, spent = [], [], 0.0
    for _ in range(rounds):
        stream, ending = Stream(bench, *on_server_cpu(priority)), threading.Event()
        thread = threading.Thread(target=feed, args=(stream, fresh, took, ending))
        begun = time.monotonic()
        thread.start()
        runs.append(run(bench, "dnsbld", rate, seconds))
        ending.set()
        thread.join()
        spent += time.monotonic() - begun
        stream.close()
        if servers.rcode(bench.servers["dnsbld"].port, name_of(stream.last)) != 0:
            sys.exit("bench: %s is committed and not in the answer" % stream.last)
    return {**summary(runs), "commits_per_second": round(len(took) / spent, 1),
            "commit_ms": throughput.spread([t * 1000 for t in took], 1)}


def answer(bench, fresh, count):
    """Nobody else asks. What the first answer after the commit lacks would be wrong."""
    port = bench.servers["dnsbld"].port
    stream = Stream(bench)
    written, committed = [], []
    for _ in range(count):
        address = fresh.pop()
        if servers.rcode(port, name_of(address)) != 3:
            sys.exit("bench: %s is listed before it was added" % address)
        begun = time.monotonic()
        stream.commit(address)
        done = time.monotonic()
        if servers.rcode(port, name_of(address)) != 0:
            sys.exit("bench: %s is not in the answer after its commit" % address)
        now = time.monotonic()
        written.append((now - begun) * 1000)
        committed.append((now - done) * 1e6)
    stream.close()
    return {"in_the_next_answer": count, "from_commit_us": throughput.spread(committed, 1),
            "from_writing_ms": throughput.spread(written, 2)}


# --- another list


def number_of(address):
    return int.from_bytes(bytes(map(int, address.split("."))), "big")


def address_of(number):
    return ".".join(map(str, number.to_bytes(4, "big")))


def write_other(bench):
    """Each /24 of the list mirrored, with the same hits and misses for some queries: "kept", "other".

    Returns an address that is only in the list, and one that is only in the other.
    """
    hits, misses = set(), set()
    with open(bench.path("queries")) as asked, open(bench.path("kept"), "w") as out:
        for line in list(asked)[::KEPT]:
            out.write(line)
            name, _, wanted = line.split()
            (hits if wanted == "hit" else misses).add(number_of(".".join(reversed(name.split(".")[:4]))))
    with open(bench.path("list")) as listed:
        before = {number_of(line) for line in listed}
    after = {number ^ 0xFF for number in before - hits} - misses | hits
    with open(bench.path("other"), "w") as out:
        out.writelines(address_of(number) + "\n" for number in sorted(after))
    return address_of(min(before - after)), address_of(min(after - before))


def rest_of(window_s, begun):
    """Import and reload are looked at for as long, or their percentiles would be of different things."""
    time.sleep(max(0, begun + window_s - time.monotonic()))


def replace(bench, rate, window_s, lists_in_turn, priority):
    """One import each, while the server is asked: every listing but what is asked for changes."""
    runs, took = [], []
    for name in lists_in_turn:
        with Asking(bench, bench.servers["dnsbld"], rate, "kept") as asking:
            begun = time.monotonic()
            servers.run(*on_server_cpu(priority), os.path.join(servers.BUILD, "feeder"), "-c", bench.path("conf"),
                        "import", "--source", "bench", "--sublist", "relay", "--format", "plain", "--replace",
                        bench.path(name))
            took.append(time.monotonic() - begun)
            rest_of(window_s, begun)
        runs.append(asking.result)
    return {**summary(runs), "seconds": round(statistics.median(took), 2)}


def reload(server, path, appears, vanishes):
    """Seconds until the server answers from the list that was written as path.new."""
    os.rename(path + ".new", path)
    begun = time.monotonic()
    os.kill(server.pids[0], signal.SIGHUP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.02)
        probe.connect(("127.0.0.1", server.port))
        for name, wanted in (name_of(appears), 0), (name_of(vanishes), 3):
            heard = b""
            while len(heard) < 12 or heard[3] & 15 != wanted:
                if time.monotonic() - begun > MOST_S:
                    sys.exit("bench: rbldnsd does not read its new list")
                time.sleep(0.005)
                try:
                    probe.send(servers.query(wanted, name))
                    heard = probe.recv(1500)
                    heard = heard if heard[1] == wanted else b""
                except socket.timeout:
                    continue
    return time.monotonic() - begun


def reloads(bench, rate, window_s, turns, *options):
    """`turns`: a list, an address that is only in it and one that is only in the list before."""
    server_name, port, path = " ".join(["rbldnsd, reloading", *options]), servers.free_port(), bench.path("reloaded")
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    lists.write_behind(path, lists.RBLDNSD, bench.path("list"))
    bench.start(server_name, port, ["rbldnsd", "-n", "-a", *options, *user, "-b", "127.0.0.1/%d" % port, "-w", "/",
                                    "-c", "0", "%s:ip4set:%s" % (lists.ZONE, path)])
    server = bench.servers.pop(server_name)
    runs, took = [], []

    def work(*words):
        beside_server()
        took.append(reload(server, path, *words))

    for number, (name, appears, vanishes) in enumerate(turns, 1):
        lists.write_behind(path + ".new", lists.RBLDNSD, bench.path(name))
        stamp = os.stat(path).st_mtime + number  # in whole seconds rbldnsd looks whether a file is another
        os.utime(path + ".new", (stamp, stamp))
        with Asking(bench, server, rate, "kept") as asking:
            begun = time.monotonic()
            thread = threading.Thread(target=work, args=(appears, vanishes))
            thread.start()
            thread.join()
            rest_of(window_s, begun)
        runs.append(asking.result)
    if len(took) != len(turns):
        sys.exit("bench: rbldnsd did not reload")
    return {**summary(runs), "seconds": round(statistics.median(took), 2)}


# --- all


def measure(folder, bench, quick):
    rounds, seconds = (2, 0.5) if quick else (5, 3)
    with open(bench.path("fresh")) as lines:
        fresh = lines.read().split()
    able, rate = half_load(bench, seconds / 2)
    servers.say("at rest, %d queries a second" % rate)
    result = {"able_per_second": able, "rate": rate, "rest": rest(bench, rate, rounds, seconds)}
    servers.say("while feeder commits")
    result["commits"] = {priority: commits(bench, fresh, rate, 1 if quick else 3, seconds, priority)
                         for priority in PRIORITY}
    result["answer"] = answer(bench, fresh, 30 if quick else 200)
    servers.say("while the list is replaced")
    here, there = write_other(bench)
    turns = [("other", there, here), ("list", here, there)]
    window_s = 0.5 if quick else 8
    result["import"] = {priority: replace(bench, rate, window_s, ["other", "list"], priority) for priority in PRIORITY}
    if "rbldnsd" in bench.servers:
        result["reload"] = {"in its process": reloads(bench, rate, window_s, turns),
                            "-f": reloads(bench, rate, window_s, turns, "-f")}
    return result


def show_runs(title, runs):
    """`own`: the generator's longest turn, and `stolen`: ms that the host took; no stall below these is sure."""
    print("\n%-24s %9s %9s %9s %9s %9s %8s %7s %7s" % (
        title, "p50 us", "p99", "p99.9", "stall", "worst", "own", "stolen", "lost"))
    for name, run_of in runs.items():
        print("  %-22s %9.1f %9.1f %9.1f %9.1f %9.1f %8.1f %7d %7d" % (name, *(run_of[key] for key in (
            "p50_us", "p99_us", "p999_us", "stall_us", "worst_stall_us", "worst_turn_us", "stolen_ms", "lost"))))


def show(result):
    show_runs("%d queries a second" % result["rate"], result["rest"])
    show_runs("while feeder commits", {
        "dnsbld, feeder " + priority: run_of for priority, run_of in result["commits"].items()})
    print("  (%s)" % ", ".join("%s: %.1f commits a second, %.1f ms each" % (
        priority, run_of["commits_per_second"], run_of["commit_ms"]["median"])
        for priority, run_of in result["commits"].items()))
    show_runs("while the list is replaced", {
        **{"dnsbld, feeder " + priority: run_of for priority, run_of in result["import"].items()},
        **{"rbldnsd, " + how: run_of for how, run_of in result.get("reload", {}).items()}})
    print("  (%s)" % ", ".join("%s in %.2f s" % (how, run_of["seconds"]) for how, run_of in {
        **result["import"], **result.get("reload", {})}.items()))
    print("\ncommit to answer          %.0f us (at most %.0f); from writing the line %.2f ms (at most %.2f); "
          "in the next answer %d times of %d" % (
              *(result["answer"]["from_commit_us"][key] for key in ("median", "max")),
              *(result["answer"]["from_writing_ms"][key] for key in ("median", "max")),
              *[result["answer"]["in_the_next_answer"]] * 2))
