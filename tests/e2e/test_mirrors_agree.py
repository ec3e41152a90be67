"""Mirrors mean the same: the field's servers, made secondaries of dnsbld as README says, answer as
it does, after a transfer of a random database and after each of its random changes by NOTIFY and
IXFR. rbldnsd is given each export.

The short run draws two databases, DNSBLD_LONG=1 twenty and asks more of each.
"""

import random
import signal

import pytest

from agreement import Peers, simple
from dnsbld import SUBLISTS, zone
from lists import LONG, random_ipv4
from metrics import scrape
from model import Model
from peers.bind import Bind
from peers.knot import Knot
from peers.mirror import Mirror
from peers.nsd import Nsd
from peers.pdns import Pdns
from peers.rbldnsd import Rbldnsd
from peers.unbound_auth import UnboundAuth
from ports import free_port

ZONE = "dnsbl.example.org"
SECONDARIES = Knot, Nsd, Bind, Pdns, UnboundAuth, Mirror
SEEDS = range(1, 21) if LONG else (1, 2)
CHANGES = 12 if LONG else 4
ASKED = 3000 if LONG else 500


@pytest.fixture
def peers(make_folder):
    peers = Peers(ZONE, make_folder)
    yield peers
    peers.stop()


@pytest.fixture
def server(install, peers):
    for_zone, for_file = peers.secondaries(*SECONDARIES)
    port = free_port()
    server = install(SUBLISTS + zone(ZONE, for_zone) + for_file,
                     head=f'metrics = "127.0.0.1:{port}"\n').start()
    server.metrics_port = port
    return server


def transfers(server, result):
    return scrape(server.metrics_port).value("dnsbld_transfers_total", result=result)


def check(peers, model):
    asked = model.addresses(ASKED)
    found, listed = peers.disagreements(asked)
    said = "\n".join(model.said[-3:])
    assert found[:3] == [], f"{len(found)} of {len(asked)}, after\n{said}"
    ours = [simple(answer) for answer in peers.said]
    wrong = [(a, *both, wanted) for a, *both, wanted in
             zip(asked, ours[::2], ours[1::2], model.answers(asked)) if tuple(both) != wanted]
    assert wrong[:3] == [], f"{len(wrong)} of {len(asked)}, after\n{said}"
    return listed


@pytest.mark.parametrize("seed", SEEDS)
def test_mirrors_answer_alike_whatever_changes(server, peers, seed):
    model = Model(server, seed)
    model.grow()
    peers.follow(server).load(server, Rbldnsd)
    assert check(peers, model)
    for _ in range(CHANGES):
        model.change()
        peers.follow_change()
        check(peers, model)
    server.feeder("check")
    again = peers.peers["Knot"].overflows
    assert transfers(server, "full") == len(SECONDARIES) + again, "one each, then differences"
    assert transfers(server, "incremental") >= len(SECONDARIES)


def test_mirrors_follow_where_there_are_no_differences(server, peers):
    """Beyond a change of the config, and one of more blocks than the journal takes: a full transfer
    each. What comes after these is a difference again."""
    model = Model(server, 7)
    model.grow(4)
    peers.follow(server)
    check(peers, model)

    text = server.config.read_text()
    server.config.write_text(text.replace("ns2.example.net", "ns3.example.net"))
    model.feeder("sync")
    server.server.send(signal.SIGHUP)
    peers.follow_change()
    check(peers, model)
    assert transfers(server, "full") == 2 * len(SECONDARIES)

    # Of 65,536 blocks some 5,700; the model asks for a part of them.
    rng = random.Random(7)
    model.feeder("import", "--source", "wide", "--sublist", "relay", "--format", "plain", "-",
                 input="".join(f"{random_ipv4(rng)}\n" for _ in range(6000)))
    peers.follow_change()
    rng = random.Random(7)
    found, listed = peers.disagreements([random_ipv4(rng) for _ in range(1000)])
    assert found[:3] == [] and len(listed) > 500
    assert transfers(server, "full") == 3 * len(SECONDARIES)

    model.add()
    peers.follow_change()
    check(peers, model)
    assert transfers(server, "full") == 3 * len(SECONDARIES)
