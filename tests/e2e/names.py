"""Reversed names of addresses, as RFC 5782 §2.1 and §2.4 spell them, for the tests' own questions.

Written apart from the program's code on purpose: it is what the program is judged by.
"""

import ipaddress


def labels(address):
    """The labels below a zone for an address, without the zone: octets or nibbles, last first."""
    address = ipaddress.ip_address(address)
    if address.version == 4:
        return str(address).split(".")[::-1]
    return list(address.exploded.replace(":", ""))[::-1]


def reversed_name(address, zone):
    return ".".join(labels(address)) + "." + zone


def partial_names(address, zone):
    """Every proper ancestor of an address' name below the zone, longest first."""
    parts = labels(address)
    return [".".join(parts[i:]) + "." + zone for i in range(1, len(parts))]
