"""What the server shows of itself: every number against what was done to it.

A page is up to a second old, so a test waits for what it knows must come, and looks at the rest of
that page.
"""

import contextlib
import ctypes
import ctypes.util
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

import pytest

from asker import A, question
from dnsbld import REPOSITORY, SUBLISTS, Dnsbld, built, zone
from load import Load
from metrics import Page, request, scrape
from names import reversed_name
from packets import make, over_udp
from ports import free_port
from process import await_until, program

ZONE, OTHER = "dnsbl.example.org", "relays.example.org"
BODY = SUBLISTS + zone(ZONE) + zone(OTHER, 'sublists = { "relay" }')
LISTED, UNLISTED = reversed_name("192.0.2.1", ZONE), reversed_name("192.0.2.9", ZONE)
SINCE = time.time()


def start(install, body=BODY, head=""):
    port = free_port()
    server = install(body, head=f'metrics = "127.0.0.1:{port}"\n{head}')
    server.metrics = port
    server.feeder("add", "192.0.2.1", "2001:db8::1", "--sublist", "relay")
    server.feeder("add", "192.0.2.1", "--sublist", "netblock")
    return server.start()


@pytest.fixture
def server(install):
    return start(install)


def page_with(server, condition, what, deadline=15):
    """The first page that has it."""
    def look():
        page = scrape(server.metrics)
        return page if condition(page) else None
    return await_until(look, what, deadline, every=0.2)


def queries(page, **labels):
    return page.sum("dnsbld_queries_total", **labels)


def after(server, count):
    """The page that has so many queries, and no more."""
    page = page_with(server, lambda p: queries(p) >= count, f"{count} queries are counted")
    assert queries(page) == count
    assert page.sum("dnsbld_replies_total") == count
    return page


# --- the page -----------------------------------------------------------------------------------


def test_the_page_is_as_prometheus_wants_it(server):
    server.ask(LISTED)
    page = after(server, 1)
    for family in page.families:
        assert family.documentation.endswith("."), family
        assert family.name.startswith("dnsbld_")
        assert family.type in ("counter", "gauge", "histogram")
        assert family.samples, f"{family.name} has no value"
    status, headers, _ = request(server.metrics)
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_promtool_finds_no_fault(server):
    promtool = next((p for p in ("/usr/bin/promtool",) if os.access(p, os.X_OK)), None)
    if promtool is None:
        pytest.skip("promtool is in the package prometheus, which is not installed")
    server.ask(LISTED)
    done = subprocess.run([promtool, "check", "metrics"], input=after(server, 1).text, text=True,
                          capture_output=True, timeout=30)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# What only servers with mirrored zones have: test_mirror_serving.py.
MIRRORED = {"dnsbld_mirror_refreshed_timestamp_seconds", "dnsbld_mirror_expires_timestamp_seconds"}


def exported(page):
    """Names as a query to Prometheus has them."""
    return {name for name, _ in page.samples}


def test_the_manual_and_the_dashboard_name_the_metrics_that_there_are(server):
    server.ask(LISTED)
    page = after(server, 1)
    there = exported(page)
    manual = set(re.findall(r"^\.It Li (dnsbld_\w+)", (REPOSITORY / "dnsbld/dnsbld.8").read_text(),
                            re.M))
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in there}
    assert manual == families | MIRRORED
    entries = dict(re.findall(r"^\.It Li (dnsbld_\w+)\n(.*?)(?=^\.It|^\.El)",
                              (REPOSITORY / "dnsbld/dnsbld.8").read_text(), re.M | re.S))
    for name, reason in [(name, dict(labels)["reason"]) for (name, labels) in page.samples
                         if "reason" in dict(labels)]:
        assert re.search(rf"\b{reason}\b", entries[name]), f"{name}: {reason}"
    dashboard = json.loads((REPOSITORY / "dnsbld/grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"]
             for target in panel.get("targets", [])]
    assert len(asked) > 10
    for expression in asked:
        named = set(re.findall(r"dnsbld_\w+", expression))
        assert named and named <= there | MIRRORED, expression


def test_the_server_says_what_it_is_and_since_when(server):
    page = scrape(server.metrics)
    version = subprocess.run([built("dnsbld"), "-V"], capture_output=True, text=True).stdout.split()
    assert page.value("dnsbld_build_info", version=version[1]) == 1
    assert SINCE - 1 <= page.value("dnsbld_start_time_seconds") <= time.time()
    assert page.value("dnsbld_tcp_connections") == 0


# --- queries ------------------------------------------------------------------------------------


def test_queries_are_counted_by_zone_and_by_how_they_came(server):
    ways = [("udp", "ipv4", {}), ("tcp", "ipv4", {"tcp": True})]
    if Dnsbld.ipv6:
        ways += [("udp", "ipv6", {"address": "::1"}), ("tcp", "ipv6", {"tcp": True,
                                                                      "address": "::1"})]
    for times, (_, _, where) in enumerate(ways, 1):
        for _ in range(times):
            server.ask(LISTED, **where)
        server.ask(reversed_name("192.0.2.1", OTHER), **where)
        server.ask("example.com", **where)
    count = len(ways)
    page = after(server, count * (count + 1) // 2 + 2 * count)
    for times, (transport, family, _) in enumerate(ways, 1):
        way = {"transport": transport, "family": family}
        assert queries(page, zone=ZONE, **way) == times
        assert queries(page, zone=OTHER, **way) == 1
        assert queries(page, zone="", **way) == 1
    assert page.value("dnsbld_tcp_accepted_connections_total") \
        == queries(page, transport="tcp")


def test_replies_are_counted_by_type_rcode_and_whether_it_is_listed(server):
    for name, rdtype, times in [(LISTED, "A", 3), (LISTED, "TXT", 2), (UNLISTED, "A", 4),
                                (UNLISTED, "AAAA", 1), (ZONE, "SOA", 2), (ZONE, "NS", 1),
                                (ZONE, "MX", 1), ("2.0.192." + ZONE, "A", 1)]:
        for _ in range(times):
            server.ask(name, rdtype)
    over_udp(server, [make(f"1234 0000 0001 0000 0000 0001 n:{ZONE} 0001 0001"
                           " 00 0029 04d0 00010000 0000")])
    # One more: what is asked last, to be sure that all is there, is refused.
    page = after(server, 17)

    def replies(rdtype, rcode, listed="false", at=ZONE):
        return page.value("dnsbld_replies_total", zone=at, type=rdtype, rcode=rcode, listed=listed)

    assert replies("A", "NOERROR", "true") == 3
    assert replies("TXT", "NOERROR", "true") == 2
    assert replies("A", "NXDOMAIN") == 4
    assert replies("AAAA", "NXDOMAIN") == 1
    assert replies("SOA", "NOERROR") == 2
    assert replies("NS", "NOERROR") == 1
    assert replies("other", "NOERROR") == 1
    assert replies("A", "NOERROR") == 1
    assert replies("A", "BADVERS") == 1 or replies("A", "BADVERS", at="") == 1
    assert replies("A", "REFUSED", at="") == 1
    assert replies("A", "NXDOMAIN", at=OTHER) == 0
    assert page.value("dnsbld_hits_total", zone=ZONE, sublist="relay") == 5
    assert page.value("dnsbld_hits_total", zone=ZONE, sublist="netblock") == 5
    assert page.value("dnsbld_hits_total", zone=ZONE, sublist="hijacked") == 0
    assert page.value("dnsbld_hits_total", zone=OTHER, sublist="relay") == 0
    assert page.value("dnsbld_edns_queries_total") == 1


def test_what_cannot_be_read_and_what_gets_no_reply_is_counted(server):
    packets = [make(f"1234 8000 0001 0000 0000 0000 n:{ZONE} 0001 0001"), b"\x12\x34",
               make(f"1234 0000 0001 0001 0000 0000 n:{ZONE} 0001 0001"),
               make("1234 2800 0000 0000 0000 0000")]
    over_udp(server, packets)
    page = after(server, 3)
    assert page.value("dnsbld_dropped_packets_total", reason="no_query") == 2
    assert page.value("dnsbld_malformed_queries_total") == 1
    assert page.value("dnsbld_replies_total", zone="", type="other", rcode="NOTIMP",
                      listed="false") == 1


def test_batches_are_a_histogram_of_all_packets(server):
    with Load(server.port, {LISTED: ["127.0.0.2", "127.0.0.9"]}, tcp_clients=0) as load:
        await_until(lambda: load.count > 500, "a load is on")
    page = after(server, load.count)
    sizes = [page.value("dnsbld_udp_batch_packets_bucket", le=le)
             for le in ("1", "2", "4", "8", "16", "32", "+Inf")]
    assert sizes == sorted(sizes)
    assert sizes[-1] == sizes[-2] == page.value("dnsbld_udp_batch_packets_count")
    assert page.value("dnsbld_udp_batch_packets_sum") == load.count
    assert sizes[-1] <= load.count <= 32 * sizes[-1]


def test_what_the_kernel_dropped_is_counted(install):
    server = start(install, head="workers = 1\nreceive_buffer = 4K\n")
    server.loses_processes = True       # where the machine is slow it stands still too long
    packet = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + question(LISTED, A)
    workers = server.children()
    for pid in workers[:-1]:
        os.kill(pid, signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        for _ in range(200):
            client.send(packet)
    for pid in workers[:-1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    address = f"127.0.0.1:{server.port}"
    page = page_with(server, lambda p: queries(p) + p.value("dnsbld_udp_receive_drops_total",
                                                            address=address) == 200,
                     "each packet was answered or dropped")
    assert page.value("dnsbld_udp_receive_drops_total", address=address) > 100


def test_tcp_connections_are_counted_as_they_come_and_end(install):
    server = start(install, head="tcp { clients = 4  per_client = 3  idle = 2s  partial = 1s }\n")
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
    page_with(server, lambda p: p.value("dnsbld_tcp_connections") == 3, "three are open")
    silent[0].sendall(b"\0")
    page = page_with(server, lambda p: p.value("dnsbld_tcp_connections") == 0, "all are closed")

    def closed(reason):
        return page.value("dnsbld_tcp_closed_connections_total", reason=reason)

    assert page.value("dnsbld_tcp_accepted_connections_total") == 4
    assert (closed("per_client"), closed("partial"), closed("idle")) == (1, 1, 2)
    for connection in silent:
        connection.close()


# --- nothing goes backwards ---------------------------------------------------------------------


def assert_no_step_back(before, page):
    lost = {key: (value, page.samples.get(key)) for key, value in before.samples.items()
            if key[0].endswith(("_total", "_bucket", "_sum", "_count"))
            and page.samples.get(key, -1) < value}
    assert lost == {}


def ask_all_ways(server, times=20):
    for n in range(times):
        server.ask(LISTED, tcp=n % 4 == 0)
    return times


def test_a_process_that_is_replaced_loses_nothing(server):
    server.loses_processes = True
    count = ask_all_ways(server)
    page = after(server, count)
    for victim in server.children():
        before, known = page, server.children()
        os.kill(victim, signal.SIGKILL)
        await_until(lambda: victim not in server.children()
                    and len(server.children()) == len(known), "it is replaced")
        count += ask_all_ways(server)
        page = after(server, count)
        assert_no_step_back(before, page)
    replaced = page.series("dnsbld_replaced_processes_total")
    assert replaced == {("tcp",): 1, ("udp",): len(known) - 1, ("dnstap",): 0}


def reload(server):
    """SIGHUP, until only the new processes are left."""
    old = server.children()
    server.server.send(signal.SIGHUP)
    await_until(lambda: len(server.children()) == len(old)
                and not set(server.children()) & set(old), "all are new", 35)


def test_reloads_lose_nothing_and_zones_come_and_go(server):
    fresh = "new.example.org"
    count = ask_all_ways(server)
    page = after(server, count)
    for body in (BODY + zone(fresh), BODY, zone(fresh) + BODY):
        before = page
        server.configure(body)
        server.feeder("sync")
        reload(server)
        count += ask_all_ways(server)
        if fresh in body:
            server.ask(reversed_name("192.0.2.1", fresh))
            count += 1
        page = page_with(server, lambda p: queries(p) >= count - (fresh not in body),
                         f"{count} are counted")
        gone = {key for key in before.samples if dict(key[1]).get("zone") == fresh
                and fresh not in body}
        for key in gone:
            del before.samples[key]
        assert_no_step_back(before, page)
    # The zone that came back goes on where it was.
    assert queries(page, zone=fresh) == 2
    assert queries(page, zone=ZONE) == count - 2
    assert page.value("dnsbld_config_reloads_total", result="success") == 3
    assert page.value("dnsbld_config_last_reload_successful") == 1
    assert set(page.series("dnsbld_replaced_processes_total").values()) == {0}


def test_under_load_each_answer_is_counted_once_through_reloads(server):
    """For a while two processes read each socket."""
    with Load(server.port, {LISTED: ["127.0.0.2", "127.0.0.9"]}) as load:
        for _ in range(3):
            begin = load.count
            reload(server)
            await_until(lambda: load.count > begin + 1000, "a load is on")
    assert load.wrong == []
    page = after(server, load.count)
    assert page.value("dnsbld_hits_total", zone=ZONE, sublist="relay") == load.count


def test_a_config_that_is_refused_is_counted(server):
    loaded = scrape(server.metrics).value("dnsbld_config_loaded_timestamp_seconds")
    assert SINCE - 1 <= loaded <= time.time()
    server.configure(BODY + "nonsense = 1\n")
    server.server.send(signal.SIGHUP)
    page = page_with(server, lambda p: p.value("dnsbld_config_last_reload_successful") == 0,
                     "it was refused")
    assert page.value("dnsbld_config_reloads_total", result="failure") == 1
    assert page.value("dnsbld_config_reloads_total", result="success") == 0
    assert page.value("dnsbld_config_loaded_timestamp_seconds") == loaded


# --- the database -------------------------------------------------------------------------------


def test_the_database_is_as_feeder_counts_it(server):
    server.feeder("add", "198.51.100.0/24", "203.0.113.7", "--sublist", "hijacked")
    stats = server.stats()
    page = page_with(server, lambda p: p.value("dnsbld_changes_total") == stats["changes"]
                     and p.value("dnsbld_database_readers") == len(server.children()),
                     "the last change and all readers are seen")
    assert page.series("dnsbld_listings") == {(k,): v for k, v in stats["sublists"].items()}
    assert page.series("dnsbld_zone_serial") == {(k,): v for k, v in stats["serials"].items()}
    assert page.series("dnsbld_zone_ready") == {(ZONE,): 1, (OTHER,): 1}
    assert page.value("dnsbld_database_bytes") == stats["db_bytes"]
    assert page.value("dnsbld_database_map_bytes") == stats["map_bytes"]
    assert page.value("dnsbld_database_readable") == 1
    assert page.value("dnsbld_database_readers_limit") >= 1024
    assert SINCE - 1 <= page.value("dnsbld_last_change_timestamp_seconds") <= time.time()
    assert page.value("dnsbld_journal_rows") > 0
    assert page.value("dnsbld_journal_bytes") > 0
    assert page.value("dnsbld_journal_first_change") == 1
    assert (page.value("dnsbld_expired_rows"), page.value("dnsbld_expired_seconds")) == (0, 0)


def test_a_zone_that_waits_for_a_sync_is_not_ready(server):
    server.configure(BODY + zone("new.example.org"))
    reload(server)
    page = page_with(server, lambda p: len(p.series("dnsbld_zone_ready")) == 3, "it is shown")
    assert page.value("dnsbld_zone_ready", zone="new.example.org") == 0
    assert page.value("dnsbld_zone_serial", zone="new.example.org") is None


def test_what_has_expired_and_is_still_there_is_shown(server):
    hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    server.feeder("add", "192.0.2.50", "192.0.2.51", "--sublist", "relay", "--expires", "15m",
                  "--now", hour_ago)
    page = page_with(server, lambda p: p.value("dnsbld_expired_rows") == 2, "both are shown")
    assert 2700 <= page.value("dnsbld_expired_seconds") < 2760
    server.feeder("expire")
    page_with(server, lambda p: p.value("dnsbld_expired_rows") == 0
              and p.value("dnsbld_expired_seconds") == 0, "they have gone")


@contextlib.contextmanager
def reading(folder):
    """A read transaction by liblmdb itself."""
    lmdb = ctypes.CDLL(ctypes.util.find_library("lmdb") or "liblmdb.so.0")
    env, txn = ctypes.c_void_p(), ctypes.c_void_p()
    rdonly = 0x20000
    assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
    try:
        assert lmdb.mdb_env_open(env, str(folder).encode(), rdonly, 0o640) == 0
        assert lmdb.mdb_txn_begin(env, None, rdonly, ctypes.byref(txn)) == 0
        yield
        lmdb.mdb_txn_abort(txn)
    finally:
        lmdb.mdb_env_close(env)


def test_a_reader_that_keeps_old_pages_is_shown_with_its_age(server):
    with reading(server.database):
        # The newest transaction is no burden, however long somebody looks at it.
        page = page_with(server, lambda p: p.value("dnsbld_database_readers")
                         == len(server.children()) + 1, "it is counted")
        assert page.value("dnsbld_database_oldest_reader_seconds") == 0
        server.feeder("add", "192.0.2.60", "--sublist", "relay")
        begin = time.monotonic()
        page = page_with(server, lambda p: p.value("dnsbld_database_oldest_reader_seconds") >= 2,
                         "it is old")
        assert page.value("dnsbld_database_oldest_reader_seconds") <= time.monotonic() - begin + 1
    page_with(server, lambda p: p.value("dnsbld_database_oldest_reader_seconds") == 0,
              "nobody is behind")


# --- HTTP ---------------------------------------------------------------------------------------


def talk(port, octets):
    """What comes back to these octets until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as s:
        with contextlib.suppress(ConnectionError):
            s.sendall(octets)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := s.recv(65536):
                answer += more
        return answer


def test_nothing_but_the_page_is_there(server):
    assert request(server.metrics, "HEAD")[2] == ""
    assert int(request(server.metrics, "HEAD")[1]["Content-Length"]) > 1000
    assert request(server.metrics, target="/metrics?module=x")[0] == 200
    for target in ("/", "/metrics/", "/metricsx", "/metric", "//metrics"):
        assert request(server.metrics, target=target)[0] == 404, target
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "get"):
        status, headers, _ = request(server.metrics, method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    for octets in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b" \r\n\r\n",
                   b"GET /metrics SIP/2.0\r\n\r\n", b"\0\0\0\r\n\r\n"):
        assert talk(server.metrics, octets).startswith(b"HTTP/1.1 400 "), octets


def test_a_request_that_does_not_end_has_bounds(server):
    answer = talk(server.metrics, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 8192)
    assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.metrics), timeout=20) as s:
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < begin + 20:
                s.sendall(b"G")         # each octet, were it all that counts, is more time
                s.settimeout(0.5)
                with contextlib.suppress(socket.timeout):
                    assert s.recv(1) == b""
                    break
    assert 8 < time.monotonic() - begin < 15


def test_slow_http_clients_keep_nobody_from_dns_or_from_the_page(server):
    """A hundred that say nothing, and a hundred that ask and do not read."""
    clients = []
    with Load(server.port, {LISTED: ["127.0.0.2", "127.0.0.9"]}, udp_clients=0,
              tcp_clients=4) as load:
        for n in range(200):
            client = socket.create_connection(("127.0.0.1", server.metrics), timeout=10)
            if n % 2:
                with contextlib.suppress(ConnectionError):
                    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            clients.append(client)
            if n % 20 == 0:
                assert scrape(server.metrics).value("dnsbld_database_readable") == 1
        begin = load.count
        await_until(lambda: load.count > begin + 1000, "DNS over TCP goes on")
    assert load.wrong == []
    tcp, = [pid for pid in server.children()
            if len(os.listdir(f"/proc/{pid}/fd")) == max(
                len(os.listdir(f"/proc/{p}/fd")) for p in server.children())]
    assert len(os.listdir(f"/proc/{tcp}/fd")) < 64, "those who came too many are closed"
    for client in clients:
        client.close()


def test_a_reload_cuts_no_scrape_off(server):
    """Whoever the old process accepted is answered by it."""
    for _ in range(5):
        old = server.children()
        with socket.create_connection(("127.0.0.1", server.metrics), timeout=10) as early:
            # Only when this one is answered has the one before it been accepted.
            assert scrape(server.metrics).value("dnsbld_database_readable") == 1
            server.server.send(signal.SIGHUP)
            await_until(lambda: len(set(server.children()) - set(old)) == len(old), "new ones", 35)
            early.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert early.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        await_until(lambda: not set(server.children()) & set(old), "all are new", 35)


def test_without_the_option_nothing_listens(install):
    server = install(BODY).start()
    with pytest.raises(OSError):
        request(free_port())
    ss = subprocess.run([program("ss"), "-Hltnp"], capture_output=True, text=True).stdout
    ours = [line for line in ss.splitlines() if f":{server.port} " in line]
    assert ours
    pids = {pid for line in ours for pid in re.findall(r"pid=(\d+)", line)}
    assert [line for line in ss.splitlines()
            if any(f"pid={pid}," in line for pid in pids) and line not in ours] == []


@pytest.mark.parametrize("at, why", [
    ("192.0.2.1:9153", "must be a loopback address"), ("0.0.0.0:9153", "must be a loopback"),
    ("[::]:9153", "must be a loopback address"), ("[2001:db8::1]:9153", "must be a loopback"),
    ("localhost:9153", "must be an address and a port"), ("127.0.0.1", "an address and a port"),
    ("9153", "an address and a port")])
def test_an_address_that_others_could_reach_is_refused(install, at, why):
    server = install(BODY)
    server.extra_head = f'metrics = "{at}"\n'
    server.configure(BODY)
    line = server.config.read_text().splitlines().index(f'metrics = "{at}"') + 1
    done = subprocess.run([built("dnsbld"), "-t", "-c", server.config], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 78
    assert re.search(rf"dnsbld\.conf:{line}: metrics '{re.escape(at)}' .*{why}", done.stderr)


def test_it_may_be_ipv6s_loopback(install):
    if not Dnsbld.ipv6:
        pytest.skip("there is no ::1")
    port = free_port()
    install(BODY, head=f'metrics = "[::1]:{port}"\n').start()
    with socket.create_connection(("::1", port), timeout=10) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert s.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_address_that_is_taken_is_exit_75(install):
    server = start(install)
    second = install(BODY, head=f'metrics = "127.0.0.1:{server.metrics}"\n').launch()
    assert second.wait() == 75
    assert f"127.0.0.1:{server.metrics}" in second.text()


def test_another_address_needs_a_restart(server):
    server.extra_head = f'metrics = "127.0.0.1:{free_port()}"\n'
    server.configure(BODY)
    server.server.send(signal.SIGHUP)
    server.server.await_line("listen, workers and metrics stay as they are until a restart")
    server.server.await_line("reloaded: ")
    assert scrape(server.metrics).value("dnsbld_database_readable") == 1


def test_the_page_of_many_zones_is_whole(install):
    """With names that need escaping."""
    body = SUBLISTS + "".join(zone(f"z{n}.example.org") for n in range(300)) \
        + zone(r"a\\034b\\\\c.example.org")
    server = start(install, body)
    page = scrape(server.metrics)
    assert len(page.series("dnsbld_zone_serial")) == 301
    assert len(page.series("dnsbld_hits_total")) == 301 * 4
    assert any("b" in names[0] and names[0].startswith("a")
               for names in page.series("dnsbld_zone_serial"))
    assert isinstance(page, Page)
