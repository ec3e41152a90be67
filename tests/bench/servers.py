"""Servers with the same list, each on a port of its own and all pinned to CPU 0; the generator has CPU 1.

    bench.servers["dnsbld"]      .name .port .pid (that answers UDP) .pids (all of it) .memory_mb()
    bench.path("queries")        NAME TYPE hit|miss, a query a line
    bench.feeder("add", …)       on the database that dnsbld serves
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import lists

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from ports import free_port  # noqa: E402
from proc import children_of  # noqa: E402

BUILD = os.environ.get("DNSBLD_BUILD", "build")
SERVER_CPU, LOAD_CPU = 0, 1
LOADED_S = 300

NSD = """\
server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: "{user}"
    chroot: ""
    zonesdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    database: ""
    logfile: "{folder}/nsd.out"
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    xfrdir: "{folder}"
    rrl-ratelimit: 0
    minimal-responses: yes
remote-control:
    control-enable: no
zone:
    name: "{zone}"
    zonefile: "{file}"
    {more}
"""

# Without mod-rrl in its zone Knot limits nothing.
KNOT = """\
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
{user}
database:
    storage: {folder}
zone:
  - domain: {zone}
    storage: {folder}
    file: {file}
    zonefile-sync: -1
    {more}
"""
KNOT_STATIC = "journal-content: none"


def say(words):
    print("bench: " + words, file=sys.stderr, flush=True)


def run(*command):
    """What it prints; where it fails the bench ends."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("bench: %s: exit %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
    return done.stdout


def on_load_cpu(*command):
    """The generator's side: away from the servers, where there is more than one CPU."""
    return [*(["taskset", "-c", str(LOAD_CPU)] if os.cpu_count() > 1 else []), *command]


def run_on_load_cpu(*command):
    return run(*on_load_cpu(*command))


def query(number, name, qtype=1):
    return number.to_bytes(2, "big") + b"\0\0\0\1\0\0\0\0\0\0" + lists.wire(name) + b"\0" + bytes([qtype]) + b"\0\1"


def rcode(port, name):
    """Of the answer to a query for A; None where there is no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(2)
        probe.connect(("127.0.0.1", port))
        try:
            probe.send(query(1, name))
            return probe.recv(1500)[3] & 15
        except (socket.timeout, ConnectionRefusedError):
            return None


def pin(pid, cpu):
    if os.cpu_count() > 1:
        for task in os.listdir("/proc/%d/task" % pid):
            os.sched_setaffinity(int(task), {cpu})


def tree(pid):
    """The process and all below it."""
    found = [pid]
    for child in children_of(pid):
        found += tree(child)
    return found


def udp_workers(pids):
    """The children of dnsbld that hold UDP sockets only: no event loop, so not the TCP process."""
    found = [pid for pid in pids[1:] if "anon_inode:[eventpoll]" not in descriptors(pid)]
    if not found:
        sys.exit("bench: dnsbld has no UDP worker among %s" % {pid: descriptors(pid) for pid in pids})
    return found


def descriptors(pid):
    """What the process has open; nothing where it has ended."""
    found = []
    try:
        for fd in os.listdir("/proc/%d/fd" % pid):
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
    except FileNotFoundError:
        pass
    return found


class Server:
    def __init__(self, name, port, pids):
        self.name = name
        self.port = port
        self.pids = pids
        self.pid = udp_workers(pids)[0] if name.startswith("dnsbld") else pids[-1]

    def memory_mb(self):
        """Pss: a page that several processes share counts once."""
        total = 0
        for pid in self.pids:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        return total / 1024

    def peak_mb(self):
        """The most that its processes ever had, of their own; what they share counts once for each."""
        total = 0
        for pid in tree(self.pids[0]):
            with open("/proc/%d/status" % pid) as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
        return total / 1024


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.servers = {}
        self.started = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def feeder(self, *words):
        return run(os.path.join(BUILD, "feeder"), "-c", self.path("conf"), *words)

    def start(self, name, port, command, answers=True):
        """Where it is not installed that is said, and the others go on. answers: wait until it does."""
        program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not program:
            say("%s is not here, so the others are compared without it" % name)
            return
        with open(self.path(name + ".log"), "w") as log:
            process = subprocess.Popen([program, *command[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started.append(process)
        deadline = time.monotonic() + LOADED_S
        while answers and rcode(port, "2.0.0.127." + lists.ZONE) != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                with open(self.path(name + ".log")) as log:
                    sys.exit("bench: %s does not answer\n%s" % (name, log.read()[-2000:]))
            time.sleep(0.05)
        pids = tree(process.pid)
        for pid in pids:
            pin(pid, SERVER_CPU)
        self.servers[name] = Server(name, port, pids)

    def prepare(self, listings, queries, *text, zone_more=""):
        """The list, the queries, and dnsbld's database; what importing it showed. `text`: zone files, too. `zone_more`:
        lines of the zone's section."""
        say("a list of %d addresses" % listings)
        run(os.path.join(BUILD, "tests/bench/list"), self.folder, lists.ZONE, str(listings), str(queries), *text)
        self.port = free_port()
        lists.write_dnsbld(self.path("conf"), self.port, 1, zone_more=zone_more)
        say("feeder import")
        self.feeder("init")
        begun = time.monotonic()
        self.feeder("import", "--source", "bench", "--sublist", "relay", "--format", "plain", self.path("list"))
        took = time.monotonic() - begun
        stats = json.loads(self.feeder("stats", "--json"))
        return {"listings": stats["listings"], "import_seconds": round(took, 2),
                "import_per_second": round(stats["listings"] / took),
                "index_bytes_a_listing": round(stats["index_bytes"] / stats["listings"], 2),
                "blocks": stats["blocks"], "db_bytes": stats["db_bytes"]}

    def start_workers(self, count):
        """Names of an echo with so many processes, a CPU each, and of one more dnsbld on the same database."""
        echo, dnsbld = "echo, %d workers" % count, "dnsbld, %d workers" % count
        port, command = free_port(), os.path.join(BUILD, "tests/bench/echo")
        pids = []
        for cpu in range(count):
            self.start(echo, port, [command, str(port)])
            pids += self.servers[echo].pids
        self.servers[echo].pids = pids
        port = free_port()
        lists.write_dnsbld(self.path("conf.workers"), port, count)
        self.start(dnsbld, port, [os.path.join(BUILD, "dnsbld"), "-c", self.path("conf.workers")])
        for workers in pids, udp_workers(self.servers[dnsbld].pids):
            for cpu, pid in enumerate(workers):
                pin(pid, cpu)
        return echo, dnsbld

    def start_defended(self):
        """One more dnsbld on the same database, with all that keeps floods and strangers in bounds."""
        name, port = "dnsbld, defended", free_port()
        lists.write_dnsbld(self.path("conf.defended"), port, 1, lists.DEFENCES.format(metrics=free_port()))
        self.start(name, port, [os.path.join(BUILD, "dnsbld"), "-c", self.path("conf.defended")])
        return name

    def own_folder(self, name):
        path = self.path(name)
        os.mkdir(path)
        if os.geteuid() == 0:
            shutil.chown(path, "nobody")
        return path

    def start_echo(self):
        port = free_port()
        self.start("echo", port, [os.path.join(BUILD, "tests/bench/echo"), str(port)])

    def start_rbldnsd(self):
        port = free_port()
        lists.write_behind(self.path("rbldnsd.zone"), lists.RBLDNSD, self.path("list"))
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        # -a: no NS records behind each answer, which the others do not send either
        self.start("rbldnsd", port, ["rbldnsd", "-n", "-f", "-a", *user, "-b", "127.0.0.1/%d" % port, "-w", "/", "-c",
                                     "0", "%s:ip4set:%s" % (lists.ZONE, self.path("rbldnsd.zone"))])

    def start_nsd(self, name="NSD", file="../zone", more="", answers=True):
        port, folder = free_port(), self.own_folder(name)
        user = "nobody" if os.geteuid() == 0 else ""
        with open(self.path(name + ".conf"), "w") as out:
            out.write(NSD.format(port=port, folder=folder, zone=lists.ZONE, user=user, file=file, more=more))
        self.start(name, port, ["nsd", "-d", "-c", self.path(name + ".conf")], answers)

    def start_knot(self, name="Knot", file="../zone", more=KNOT_STATIC, head="", answers=True):
        """`head`: sections that the zone's lines in `more` lean on."""
        port, folder = free_port(), self.own_folder(name)
        user = "    user: nobody" if os.geteuid() == 0 else ""
        with open(self.path(name + ".conf"), "w") as out:
            out.write(head + KNOT.format(port=port, folder=folder, zone=lists.ZONE, user=user, file=file, more=more))
        self.start(name, port, ["knotd", "-c", self.path(name + ".conf")], answers)

    def start_all(self, zone_files=True):
        """Echo first, and dnsbld next to it: the two that are compared most closely."""
        say("starting servers")
        self.start_echo()
        self.start("dnsbld", self.port, [os.path.join(BUILD, "dnsbld"), "-c", self.path("conf")])
        self.start_rbldnsd()
        if zone_files:
            lists.write_behind(self.path("zone"), lists.BIND, self.path("records"))
            self.start_knot()
            self.start_nsd()

    def stop(self):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait()
