"""Which processes there are, as /proc tells: for tests and measurements."""

from pathlib import Path


def living(field, value):
    """Process ids, ascending, whose `field` of /proc/PID/stat (0: the state) is `value`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[field]) == value and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def session_members(session):
    """Processes of a session: a leader that died leaves its children there."""
    return living(3, session)


def children_of(pid):
    """The living children of one process."""
    return living(1, pid)
