"""How cost grows with the list: import, memory, lookups, start-up, exports, changes; for 100 k to 50 M listings.

Each size has a database of its own, on a sublist whose claims expire, with the audit that every change has. A list is
an import, that import as a feed's snapshot (--replace writes each claim anew, the second time nothing, then one line
in a hundred differs), single changes while dnsbld answers, and the source's purge. Reading is with a warm page cache,
but for the start that says cold.
"""

import itertools
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

import intake
import lists
import servers

SIZES = (100_000, 1_000_000, 10_000_000, 50_000_000)
QUERIES = 1_000_000  # and a fifth of it where it has to be quick
CONFIG = """\
database = "db"  listen = {{ "127.0.0.1:{port}" }}  workers = 1  user = "nobody"
sublist relay {{ code = 2  text = "{text}{{ip}}"  expires = 30d }}
zone "{zone}" {{ ns = {{ "ns1.example.net" }}  soa {{ mname = "ns1.example.net"  rname = "hostmaster.example.org" }} }}
"""
IMPORT = ("import", "--source", "bench", "--sublist", "relay", "--format", "plain")

# A list of suspicious addresses as it is published each day, where a copy lies beside the repository.
PUBLISHED = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "../../../shared/corpus/stamparm+ipsum/levels/1.txt")


class Case:
    """One size: a folder with a list, a config and a database."""

    def __init__(self, folder):
        self.folder = folder
        self.port = servers.free_port()
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        with open(self.path("conf"), "w") as out:
            out.write(CONFIG.format(port=self.port, text=lists.TEXT, zone=lists.ZONE))
        self.feeder("init")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def argv(self, *words):
        return [os.path.join(servers.BUILD, "feeder"), "-c", self.path("conf"), *words]

    def feeder(self, *words):
        """Seconds."""
        return round(intake.timed(self.argv(*words))[0], 4)

    def watched(self, *words):
        """Seconds, and the peak in MB of memory that is its own: what it has mapped of the database is page cache."""
        took, memory = intake.timed(self.argv(*words))
        return round(took, 3), round(memory, 1)

    def stats(self):
        return json.loads(servers.run(*self.argv("stats", "--json")))

    def disk_mb(self):
        return os.stat(self.path("db", "data.mdb")).st_blocks * 512 / 2**20

    def listed_name(self):
        with open(self.path("hits")) as hits:
            return hits.readline().split()[0]


class Server:
    """dnsbld on a case's database; `first_ms` from before the fork to the answer for a listed name."""

    def __init__(self, case):
        asked = servers.query(1, case.listed_name())
        begun = time.monotonic()
        self.process = subprocess.Popen([os.path.join(servers.BUILD, "dnsbld"), "-c", case.path("conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.probe.settimeout(5)
        self.probe.connect(("127.0.0.1", case.port))
        answer = None
        while answer is None and time.monotonic() < begun + 60:
            try:
                answer = self.ask(asked)
            except ConnectionRefusedError:
                time.sleep(0.0005)
            except socket.timeout:  # asked between bind and the first worker
                pass
        self.first_ms = (time.monotonic() - begun) * 1000
        if answer is None or not is_listed(answer):
            self.stop()
            sys.exit("bench: dnsbld's first answer is wrong, or there is none")

    def ask(self, asked):
        self.probe.send(asked)
        return self.probe.recv(1500)

    def memory_mb(self):
        """Pss of all its processes: a page of the database that two have mapped counts once."""
        total = 0
        for pid in servers.tree(self.process.pid):
            with open("/proc/%d/smaps_rollup" % pid) as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return total / 1024

    def stop(self):
        self.probe.close()
        self.process.terminate()
        self.process.wait()


def is_listed(answer):
    return answer[3] & 15 == 0 and answer[7] > 0


def fsync_us(folder):
    """What the disk takes for 4 KiB and fdatasync, without us; a commit of LMDB waits for it twice."""
    took = []
    path = os.path.join(folder, "fsync")
    with open(path, "wb", buffering=0) as out:
        for i in range(200):
            begun = time.monotonic()
            os.pwrite(out.fileno(), b"\0" * 4096, i % 64 * 4096)
            os.fdatasync(out.fileno())
            took.append((time.monotonic() - begun) * 1e6)
    os.unlink(path)
    return round(statistics.median(took))


def write_changed(source, target):
    """One line in a hundred is another address: the next one, where that is not listed too."""
    with open(source) as lines, open(target, "w") as out:
        for hundred in iter(lambda: list(itertools.islice(lines, 100)), []):
            octets = hundred[0].strip().split(".")
            octets[3] = str(int(octets[3]) ^ 1)
            other = ".".join(octets) + "\n"
            if other not in hundred[1:2]:
                out.write(other)
            out.writelines(hundred[1:])


def imports(case, listings):
    seconds, mb = case.watched(*IMPORT, case.path("list"))
    stats = case.stats()
    if stats["listings"] != listings:
        sys.exit("bench: %d listings of %d were imported" % (stats["listings"], listings))
    return {"import_s": seconds, "import_per_s": round(listings / seconds), "import_peak_mb": mb,
            "index_bytes_a_listing": round(stats["index_bytes"] / listings, 2), "disk_mb": round(case.disk_mb(), 1),
            "disk_bytes_a_listing": round(case.disk_mb() * 2**20 / listings, 1)}


def cached(path):
    """The part of a file that is in the page cache; None where nobody can say."""
    try:
        resident = subprocess.run(["fincore", "--bytes", "--noheadings", "--output", "RES", path],
                                  stdout=subprocess.PIPE, text=True, check=True).stdout
        return int(resident) / (os.stat(path).st_blocks * 512)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def start_up(case):
    """Warm five times, cold once: the file's pages are dropped first, and it is looked whether they went."""
    warm = []
    data = case.path("db", "data.mdb")
    for _ in range(5):
        server = Server(case)
        server.stop()
        warm.append(server.first_ms)
    with open(data, "rb") as f:
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    left = cached(data)
    server = Server(case)
    server.stop()
    cold = round(server.first_ms, 1) if left is not None and left < 0.05 else None
    return {"first_answer_warm_ms": round(statistics.median(warm), 1), "first_answer_cold_ms": cold}


def lookups(case):
    result = json.loads(servers.run(os.path.join(servers.BUILD, "tests/bench/lookup"), case.path("conf"),
                                    case.path("queries")))
    del result["queries"]
    return result


def memory(case, queries):
    """After as many random queries; the file has as many and they are asked in its order, so all of them once."""
    server = Server(case)
    try:
        answered = 0
        for _ in range(25):
            answered += json.loads(servers.run_on_load_cpu(
                os.path.join(servers.BUILD, "tests/bench/load"), "-t", lists.TEXT, str(case.port),
                case.path("queries"), "2", str(server.process.pid)))["answered"]
            if answered >= queries:
                return {"pss_mb": round(server.memory_mb(), 1), "pss_after_queries": answered}
        sys.exit("bench: dnsbld answered %d queries in 50 s" % answered)
    finally:
        server.stop()


def exports(case):
    result = {}
    for kind in ("rbldnsd", "bind", "cidr"):
        result["export_%s_s" % kind] = case.feeder("export", "--zone", lists.ZONE, "--format", kind,
                                                   "-o", case.path("export"))
        os.unlink(case.path("export"))
    return result


def replaces(case):
    seconds, mb = case.watched(*IMPORT, "--replace", case.path("list"))
    result = {"replace_first_s": seconds, "replace_first_peak_mb": mb,
              "replace_same_s": case.feeder(*IMPORT, "--replace", case.path("list"))}
    write_changed(case.path("list"), case.path("changed"))
    result["replace_1_percent_s"] = case.feeder(*IMPORT, "--replace", case.path("changed"))
    return result


class Stream:
    """feeder add --stream -"""

    def __init__(self, case):
        self.process = subprocess.Popen(case.argv("add", "--stream", "--sublist", "relay", "-"),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def add(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()
        if not self.process.stdout.readline().startswith(b"committed"):
            sys.exit("bench: add --stream did not commit")

    def pour(self, lines):
        """Seconds until all are committed, and in how many commits."""
        begun = time.monotonic()
        said = self.process.communicate(b"".join(lines))[0].split(b"\n")[:-1]
        if not said or int(said[-1].split()[1]) < len(lines):
            sys.exit("bench: add --stream did not commit all")
        return time.monotonic() - begun, len(said)

    def end(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("bench: add --stream: exit %d" % self.process.returncode)


def single_adds(case, fresh, count):
    took = [case.feeder("add", address.decode().strip(), "--sublist", "relay") * 1000
            for address in itertools.islice(fresh, count)]
    return {"add_ms": round(statistics.median(took), 2)}


def waiting_adds(case, fresh, seconds):
    stream = Stream(case)
    begun = time.monotonic()
    commits = 0
    while time.monotonic() < begun + seconds:
        stream.add(next(fresh))
        commits += 1
    took = time.monotonic() - begun
    stream.end()
    return {"stream_commits_per_s": round(commits / took)}


def answers_after(case, fresh, count):
    """From "committed" to the very next answer, which has to have it: every time."""
    server = Server(case)
    stream = Stream(case)
    took = []
    try:
        for line in itertools.islice(fresh, count):
            name = ".".join(reversed(line.decode().strip().split("."))) + "." + lists.ZONE
            asked = servers.query(7, name)
            if is_listed(server.ask(asked)):
                sys.exit("bench: %s is listed before it was added" % name)
            stream.add(line)
            begun = time.monotonic()
            if not is_listed(server.ask(asked)):
                sys.exit("bench: %s is not in the answer after its commit" % name)
            took.append((time.monotonic() - begun) * 1e6)
    finally:
        stream.end()
        server.stop()
    return {"answer_after_commit_us": round(statistics.median(took)), "in_the_next_answer": len(took)}


def poured_adds(case, fresh, count):
    seconds, commits = Stream(case).pour(list(itertools.islice(fresh, count)))
    return {"poured_lines_per_s": round(count / seconds), "poured_commits": commits}


def changes(case, quick):
    with open(case.path("fresh"), "rb") as fresh:
        return {**single_adds(case, fresh, 20 if quick else 100), **waiting_adds(case, fresh, 0.5 if quick else 3),
                **answers_after(case, fresh, 20 if quick else 100), **poured_adds(case, fresh, 20_000)}


def one_size(folder, listings, quick):
    case = Case(os.path.join(folder, "data"))
    queries = QUERIES // 5 if quick else QUERIES
    try:
        servers.run(os.path.join(servers.BUILD, "tests/bench/list"), case.folder, lists.ZONE, str(listings),
                    str(queries))
        result = {"listings": listings, **imports(case, listings), **start_up(case), **lookups(case),
                  **memory(case, queries)}
        result.update(**exports(case), **replaces(case), **changes(case, quick), check_s=case.feeder("check"),
                      purge_s=case.feeder("purge", "--source", "bench"))
        return result
    finally:
        shutil.rmtree(case.folder)


def published(folder):
    """What the index takes for a list as it is found, whose addresses nobody made up; a reason where there is none."""
    if not os.path.exists(PUBLISHED):
        return {"skipped": "there is no copy of a published list beside the repository"}
    case = Case(os.path.join(folder, "data"))
    try:
        case.feeder(*IMPORT, PUBLISHED)
        stats = case.stats()
    finally:
        shutil.rmtree(case.folder)
    return {"listings": stats["listings"], "index_bytes_a_listing": round(stats["index_bytes"] / stats["listings"], 2)}


def measure(folder, _bench, quick):
    result = {"fsync_us": fsync_us(folder), "published": published(folder), "sizes": []}
    for listings in SIZES[:1] if quick else SIZES:
        servers.say("data: %d listings" % listings)
        result["sizes"].append(one_size(folder, listings, quick))
    return result


ROWS = (
    ("import", "s", "import_s"),
    ("", "listings/s", "import_per_s"),
    ("", "MB of its own", "import_peak_mb"),
    ("index", "bytes a listing", "index_bytes_a_listing"),
    ("database on disk", "MB", "disk_mb"),
    ("", "bytes a listing", "disk_bytes_a_listing"),
    ("start to first answer", "ms, warm", "first_answer_warm_ms"),
    ("", "ms, cold", "first_answer_cold_ms"),
    ("index probe", "ns", "find_ns"),
    ("respond()", "ns", "respond_ns"),
    ("dnsbld, all processes", "MB (Pss)", "pss_mb"),
    ("export rbldnsd", "s", "export_rbldnsd_s"),
    ("export bind", "s, with its digest", "export_bind_s"),
    ("export cidr", "s", "export_cidr_s"),
    ("import --replace", "s, first", "replace_first_s"),
    ("", "s, same again", "replace_same_s"),
    ("", "s, 1 % changed", "replace_1_percent_s"),
    ("", "MB of its own", "replace_first_peak_mb"),
    ("check", "s", "check_s"),
    ("purge of the source", "s", "purge_s"),
    ("add, whole process", "ms", "add_ms"),
    ("add --stream, waiting", "commits/s", "stream_commits_per_s"),
    ("add --stream, poured", "lines/s", "poured_lines_per_s"),
    ("committed to answer", "us", "answer_after_commit_us"),
)


def show(result):
    print("%-24s%-18s%s" % ("listings", "", "".join("%12s" % "{:,}".format(s["listings"]) for s in result["sizes"])))
    for name, unit, key in ROWS:
        values = ["-" if s[key] is None else "{:,.{}f}".format(s[key], 0 if s[key] >= 1000 else 2)
                  for s in result["sizes"]]
        print("%-24s%-18s%s" % (name, unit, "".join("%12s" % value for value in values)))
    print("4 KiB and fdatasync     us                %12d" % result["fsync_us"])
    print("a published list        bytes a listing   %12s" % (
        result["published"].get("skipped") or result["published"]["index_bytes_a_listing"]))
