"""What lists, for how long, and feeder policy test: the policy as an operator meets it."""

import json

from dnsbld import SUBLISTS, zone
from names import reversed_name
from reports import arf, relaytest

ZONE = "dnsbl.example.org"
NOW = "2026-11-21T12:00:00Z"


def body(policy="reports = 3  reporters = 2  within = 24h", head="", relay=""):
    text = SUBLISTS.replace("    expires = 7d\n", f"    expires = 7d\n    policy {{ {policy} }}\n")
    if relay:
        text = text.replace("sublist relay {\n", f"sublist relay {{\n    policy {{ {relay} }}\n")
    return head + text + zone(ZONE)


def start(install, text):
    return install(text).start()


def ingest(server, text, reporter=None, now=NOW, status=0):
    words = ["--reporter", reporter] if reporter else []
    done = server.feeder("ingest", "--json", "--now", now, *words, input=text, status=status)
    return [json.loads(line) for line in done.stdout.splitlines()]


def codes(server, address="192.0.2.1"):
    return server.codes(reversed_name(address, ZONE))


def claim(server, sublist, address="192.0.2.1"):
    shown = json.loads(server.feeder("show", address, "--json", status=None).stdout)
    return next((c for c in shown["claims"] if c["sublist"] == sublist), None)


def trial(server, *words, status=0, **options):
    done = server.feeder("policy", "test", "--json", "--now", NOW, *words, status=status,
                         **options)
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- who is believed, and how far


def test_trust_weighs_a_reporters_reports(install):
    server = start(install, body("reports = 2  reporters = 1  within = 24h",
                          head='reporter "half" { trust = 0.5 }\n'))
    for _ in range(3):
        ingest(server, arf(), reporter="half")
        assert codes(server) == []
    ingest(server, arf(), reporter="half")
    assert codes(server) == ["127.0.0.4"]


def test_a_reporter_without_trust_lists_nothing(install):
    server = start(install, body("reports = 1  reporters = 1  within = 24h",
                          head='reporter "anonymous" { trust = 0.0 }\n'))
    for _ in range(5):
        ingest(server, arf())
    ingest(server, relaytest())
    assert codes(server) == []
    ingest(server, arf(), reporter="t1")
    assert codes(server) == ["127.0.0.4"]


def test_a_hit_of_a_spam_trap_weighs_more(install):
    server = start(install, body("reports = 3  reporters = 1  within = 24h  trap_weight = 3.0",
                          head='reporter "traps" { trap = true }\n'))
    ingest(server, arf(), reporter="isp")
    assert codes(server) == []
    ingest(server, arf("192.0.2.2"), reporter="traps")
    assert codes(server) == [] and codes(server, "192.0.2.2") == ["127.0.0.4"]


def test_a_mailbox_address_names_its_reporter(install):
    server = start(install, body(head='reporter "isp-fbl" { address = "arf+isp@dnsbl.example.org" }\n'))
    (report,) = ingest(server, arf(), reporter="ARF+isp@dnsbl.example.org")
    assert report["reporter"] == "isp-fbl"


def with_results(text, results, received=1):
    trace = "".join(f"Received: from a{i}.example.net by mx.dnsbl.example.org; Sat, 21 Nov 2026 "
                    "11:00:00 +0000\n" for i in range(received))
    return f"{trace}Authentication-Results: {results}\n{text}"


def test_the_senders_domain_is_believed_from_our_own_server_alone(install):
    server = start(install, body(head='authserv_id = "mx.dnsbl.example.org"\n'
                               'reporter "isp-fbl" { domains = { "isp.example.net" } }\n'))
    good = "dkim=pass header.d=isp.example.net"
    for results, received, reporter in (
            (f"mx.dnsbl.example.org; {good}", 1, "isp-fbl"),
            (f"mx.dnsbl.example.org; {good}", 2, "anonymous"),       # below: not ours
            (f"mx.dnsbl.example.com; {good}", 1, "anonymous"),
            ("mx.dnsbl.example.org; dkim=fail header.d=isp.example.net", 1, "anonymous"),
            ("mx.dnsbl.example.org; dkim=pass header.d=isp.example.com", 1, "anonymous"),
            ("mx.dnsbl.example.org; none", 1, "anonymous")):
        (report,) = ingest(server, with_results(arf(), results, received))
        assert report["reporter"] == reporter, results
    # Whose mailbox it came to is what the operator knows for certain.
    (report,) = ingest(server, with_results(arf(), f"mx.dnsbl.example.org; {good}"), reporter="x")
    assert report["reporter"] == "x"


# --- what counts


def test_no_spam_takes_back(install):
    server = start(install, body("reports = 2  reporters = 1  within = 24h"))
    ingest(server, arf(), reporter="t1")
    ingest(server, arf(kind="not-spam"), reporter="t1")
    ingest(server, arf(), reporter="t1")
    assert codes(server) == []
    ingest(server, arf(), reporter="t1")
    assert codes(server) == ["127.0.0.4"]


def test_anybodys_praise_takes_nothing_from_those_who_are_known(install):
    server = start(install, body("reports = 2  reporters = 1  within = 24h"))
    ingest(server, arf(), reporter="t1")
    for _ in range(5):
        ingest(server, arf(kind="not-spam"))
    ingest(server, arf(), reporter="t1")
    assert codes(server) == ["127.0.0.4"]


def test_a_report_that_came_late_is_kept_and_lists_nothing(install):
    server = start(install, body("reports = 1  reporters = 1  within = 30d  max_age = 2d"))
    (report,) = ingest(server, arf(date="Wed, 18 Nov 2026 11:00:00 +0000"), reporter="t1")
    assert report["disposition"] == "evidence"
    assert codes(server) == []
    assert "spam" in server.feeder("show", "192.0.2.1", status=1).stdout
    ingest(server, arf(date="Thu, 19 Nov 2026 13:00:00 +0000"), reporter="t1")
    assert codes(server) == ["127.0.0.4"]


def test_categories_are_the_configs(install):
    server = start(install, body('reports = 1  reporters = 1  within = 24h  categories = { "fraud" }'))
    ingest(server, arf(), reporter="t1")
    assert codes(server) == []
    ingest(server, arf(kind="fraud"), reporter="t1")
    assert codes(server) == ["127.0.0.4"]


def test_ipv6_listings_have_the_configured_length(install):
    server = start(install, body("reports = 2  reporters = 1  within = 24h  ipv6 = 64"))
    ingest(server, arf("2001:db8::1"), reporter="t1")
    ingest(server, arf("2001:db8::2"), reporter="t1")
    assert codes(server, "2001:db8::ffff") == ["127.0.0.4"]
    assert codes(server, "2001:db8:0:1::1") == []
    assert claim(server, "hijacked", "2001:db8::1")["prefix"] == "2001:db8::/64"


# --- relays


def test_the_output_of_a_relay_is_on_multihop(install):
    server = start(install, body())
    ingest(server, relaytest(output="192.0.2.9"))
    assert codes(server) == ["127.0.0.2"]
    assert codes(server, "192.0.2.9") == ["127.0.0.5"]
    shown = json.loads(server.feeder("show", "192.0.2.9", "--json").stdout)
    assert shown["evidence"][0]["output"] is True
    # A relay that delivers itself is its own output.
    ingest(server, relaytest(target="192.0.2.2"))
    assert codes(server, "192.0.2.2") == ["127.0.0.2"]


def test_a_relay_that_was_mended_is_taken_off_by_who_proved_it(install):
    server = start(install, body())
    ingest(server, relaytest(), reporter="t1")
    ingest(server, relaytest("rejected", time="2026-11-21T10:30:00Z"), reporter="spammer")
    assert codes(server) == ["127.0.0.2"]
    ingest(server, relaytest("rejected", time="2026-11-21T11:00:00Z"), reporter="t1")
    assert codes(server) == []
    history = json.loads(server.feeder("show", "192.0.2.1", "--json", status=1).stdout)["history"]
    assert [row["event"] for row in history] == ["add", "delist"]


# --- how long


def test_each_relapse_lasts_longer_up_to_a_cap(install):
    server = start(install, body(relay="relapse = 2.0  max_expires = 90d  cool_off = 365d"))
    for time, now, expires in (
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"),
            # during the listing: it lasts longer, the level stays
            ("2026-01-11T00:00:00Z", "2026-01-11T00:00:00Z", "2026-02-10T00:00:00Z"),
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-30T00:00:00Z"),
            ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-08-30T00:00:00Z")):
        ingest(server, relaytest(time=time), reporter="t1", now=now)
        assert claim(server, "relay")["expires"] == expires, time


def test_what_is_never_lifted_is_so_by_hand_alone(install):
    text = body("reports = 1  reporters = 1  within = 24h").replace("expires = 7d", "expires = never")
    server = start(install, text)
    ingest(server, arf(), reporter="t1")
    assert claim(server, "hijacked")["expires"] is not None
    server.feeder("add", "192.0.2.2", "--sublist", "hijacked")
    assert claim(server, "hijacked", "192.0.2.2")["expires"] is None


# --- feeder policy test


def test_a_trial_shows_what_would_be_listed_and_changes_nothing(install, folder):
    server = start(install, body())
    ingest(server, arf(), reporter="a")
    ingest(server, arf(), reporter="a")
    (folder / "new").write_text(arf())
    before = server.feeder("stats", "--json").stdout
    (line,) = trial(server, folder / "new", "--reporter", "b")
    assert (line["prefix"], line["sublist"], line["listed_before"], line["listed"]) == (
        "192.0.2.1", "hijacked", False, True)
    assert line["reason"].startswith("complaints: 3 reports by 2 reporters")
    assert line["expires"] == "2026-11-28T11:00:00Z"
    assert codes(server) == [] and server.feeder("stats", "--json").stdout == before
    # By the same reporter as the others it is not enough.
    assert trial(server, folder / "new", "--reporter", "a") == []
    # And a report that is there already adds nothing.
    (folder / "old").write_text(arf(id="same"))
    ingest(server, arf(id="same"), reporter="c")
    assert trial(server, folder / "old", "--reporter", "c") == []


def test_a_changed_config_is_compared_with_the_present_one(install, folder):
    server = start(install, body())
    for reporter in ("a", "b"):
        ingest(server, arf(), reporter=reporter)
    for reporter in ("a", "b", "c"):
        ingest(server, arf("192.0.2.2"), reporter=reporter)
    assert codes(server, "192.0.2.2") == ["127.0.0.4"]
    softer = server.configure(body("reports = 2  reporters = 2  within = 24h"), folder / "soft.conf")
    (line,) = trial(server, "--config", softer)
    assert (line["prefix"], line["listed_before"], line["listed"]) == ("192.0.2.1", False, True)
    harder = server.configure(body("reports = 4  reporters = 2  within = 24h"), folder / "hard.conf")
    (line,) = trial(server, "--config", harder)
    assert (line["prefix"], line["listed_before"], line["listed"]) == ("192.0.2.2", True, False)
    assert trial(server, "--config", server.config) == []
    # Files and a config together.
    (folder / "new").write_text(arf("192.0.2.3"))
    alone = server.configure(body("reports = 1  reporters = 1  within = 24h"), folder / "one.conf")
    assert sorted(line["prefix"] for line in trial(server, "--config", alone, folder / "new")) == [
        "192.0.2.1", "192.0.2.3"]


def test_a_trial_wants_something_to_try(install, folder):
    server = start(install, body())
    trial(server, status=64)
    trial(server, folder / "nosuch", status=66)
    trial(server, "--config", folder / "nosuch.conf", status=66)
    (folder / "broken.conf").write_text("sublist {")
    trial(server, "--config", folder / "broken.conf", status=78)


def test_a_ban_that_ends_leaves_the_complaints(install):
    server = start(install, body("reports = 2  reporters = 2  within = 24h"))
    ingest(server, arf(), reporter="a")
    words = ("192.0.2.1", "--sublist", "hijacked", "--source", "fail2ban-ssh")
    server.feeder("add", *words)
    server.feeder("remove", *words, "--reason", "unbanned", "--now", NOW)
    ingest(server, arf(), reporter="b")
    assert codes(server) == ["127.0.0.4"]


def test_a_removal_by_hand_is_one_whoever_claimed_it(install):
    server = start(install, body("reports = 2  reporters = 2  within = 24h"))
    ingest(server, arf(), reporter="a")
    server.feeder("add", "192.0.2.1", "--sublist", "hijacked")
    server.feeder("remove", "192.0.2.1", "--reason", "an error", "--now", NOW)
    ingest(server, arf(), reporter="b")
    assert codes(server) == []


def test_a_date_ahead_does_not_outlive_a_removal(install):
    server = start(install, body("reports = 2  reporters = 2  within = 24h"))
    for reporter in ("a", "b"):
        ingest(server, arf(date="Sun, 22 Nov 2026 11:00:00 +0000"), reporter=reporter)
    assert codes(server) == ["127.0.0.4"]
    later = "2026-11-21T12:30:00Z"
    server.feeder("remove", "192.0.2.1", "--reason", "an error", "--now", later)
    ingest(server, arf(date="Sat, 21 Nov 2026 12:31:00 +0000"), reporter="c",
           now="2026-11-21T12:32:00Z")
    assert codes(server) == []


def test_a_flood_that_proves_nothing_hides_nothing(install):
    server = start(install, body("reports = 2  reporters = 2  within = 24h"))
    ingest(server, arf(), reporter="a")
    ingest(server, arf(), reporter="b", now="2026-11-21T11:30:00Z")
    flood = "\n".join(relaytest(time=f"2026-11-21T11:{n % 60:02}:{n // 60 % 60:02}Z", auth=True)
                      for n in range(12000))
    ingest(server, flood)
    ingest(server, arf(), reporter="c")
    assert codes(server) == ["127.0.0.4"]


def test_evidence_about_an_excluded_host_does_not_count_for_its_range(install):
    server = start(install, body("reports = 2  reporters = 2  within = 24h  ipv6 = 64"))
    server.feeder("exclude", "add", "2001:db8::1")
    ingest(server, arf("2001:db8::1"), reporter="a")
    ingest(server, arf("2001:db8::2"), reporter="b")
    assert codes(server, "2001:db8::2") == []
    ingest(server, arf("2001:db8::3"), reporter="a")
    assert codes(server, "2001:db8::2") == ["127.0.0.4"]


def test_a_mended_relays_claim_goes_by_the_test_that_says_so_alone(install):
    """Evidence that is kept no longer cannot be refuted: the claim runs out by itself."""
    server = start(install, body(head="reports { keep = 1d }\n"))
    ingest(server, relaytest(), reporter="t1")
    server.feeder("expire", "--now", "2026-11-23T12:00:00Z")
    ingest(server, relaytest("rejected", time="2026-11-23T12:00:00Z"), reporter="stranger",
           now="2026-11-23T12:00:00Z")
    assert codes(server) == ["127.0.0.2"]


def test_a_trial_counts_a_report_once(install, folder):
    server = install(body("reports = 2  reporters = 1  within = 24h"))
    (folder / "new").write_text(arf())
    assert trial(server, folder / "new", folder / "new", "--reporter", "a") == []


def test_a_trial_of_wider_prefixes_tells_the_difference(install, folder):
    server = install(body("reports = 1  reporters = 1  within = 24h"))
    ingest(server, arf("2001:db8::1"), reporter="a")
    wider = server.configure(body("reports = 1  reporters = 1  within = 24h  ipv6 = 64"),
                             folder / "wide.conf")
    (line,) = trial(server, "--config", wider)
    assert (line["prefix"], line["listed"]) == ("2001:db8::/64", True)


def test_a_mailbox_is_its_reporters_where_the_sender_is(install):
    server = install(body(head='authserv_id = "mx.dnsbl.example.org"\n'
                               'reporter "isp-fbl" { address = "arf@dnsbl.example.org"  '
                               'domains = { "isp.example.net" } }\n'))
    good = "mx.dnsbl.example.org; dkim=pass header.d=isp.example.net"
    for text, reporter in ((arf(), "anonymous"), (with_results(arf(), good), "isp-fbl"),
                           (with_results(arf(), good.replace("example.net", "example.com")),
                            "anonymous")):
        done = server.feeder("receive", "--json", "--reporter", "arf@dnsbl.example.org", "--now",
                             NOW, input=text)
        assert json.loads(done.stdout)["reporter"] == reporter


def test_the_present_config_differs_in_nothing(install):
    """Also where a claim outlasts the evidence that is still kept."""
    server = start(install, body(head="reports { keep = 1d }\n", relay="max_age = never"))
    ingest(server, relaytest(time="2026-11-21T11:00:00Z"), reporter="t1", now="2026-11-21T11:00:00Z")
    ingest(server, relaytest(time="2026-11-20T11:00:00Z"), reporter="t2", now="2026-11-22T11:30:00Z")
    assert claim(server, "relay")["expires"] == "2026-12-21T11:00:00Z"
    done = server.feeder("policy", "test", "--config", server.config, "--now",
                         "2026-11-22T12:00:00Z")
    assert done.stdout == "" and "0 differ" in done.stderr
