"""The installation that test_dns.py and test_edns.py look at: a full zone and a small one.

Twenty sublists have long templates, so that an address on all of them has an answer above 1,232
octets, and one on four of them an answer between 512 and 1,232.
"""

from dnsbld import SUBLISTS, zone

ZONE = "dnsbl.example.org"
OTHER = "relays.example.org"

LONG = "".join(f"""
sublist long{n} {{
    code = {n}
    text = "{n} {'x' * 150} {{ip}}"
}}
""" for n in range(20, 40))

BODY = SUBLISTS + LONG + zone(ZONE, ns='"ns1.dnsbl.example.org", "ns2.example.net"', body="""
    apex { a = { "192.0.2.80" }  aaaa = { "2001:db8::80" } }
    host "ns1" { a = { "192.0.2.53" }  aaaa = { "2001:db8::53" } }
""") + zone(OTHER, 'sublists = { "relay" }', ttl="30s", minimum="5m")


def fill(installation):
    """192.0.2.1 on three sublists, .200 on twenty, .201 on four, and one address of each kind."""
    add = installation.feeder
    add("add", "192.0.2.1", "2001:db8::1", "2.0.0.2", "--sublist", "relay")
    add("add", "192.0.2.1", "--sublist", "netblock")
    add("add", "192.0.2.1", "--sublist", "hijacked")
    for n in range(20, 40):
        add("add", "192.0.2.200", "--sublist", f"long{n}")
        if n < 24:
            add("add", "192.0.2.201", "--sublist", f"long{n}")
    return installation
