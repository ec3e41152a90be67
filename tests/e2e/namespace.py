"""A private mount namespace for one command: files of /etc that only it sees otherwise.

This is how Postfix and Exim get a resolv.conf that names our resolver, and accounts that the
machine does not have, while /etc stays as it is for everybody else.
"""

import grp
import os
import pwd
from pathlib import Path

# Where an account is made up: above all that Debian hands out, below nobody's.
UNUSED_ID = 64123


def inside_namespace(binds, argv):
    """argv, run where each path of `binds` has the content of the file that is its value."""
    script = 'set -e; while [ "$1" != -- ]; do mount --bind "$2" "$1"; shift 2; done; shift; '
    pairs = [str(p) for place, content in binds.items() for p in (os.path.realpath(place), content)]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script + 'exec "$@"',
            "sh", *pairs, "--", *map(str, argv)]


class Accounts:
    """The users and groups that a package would have made: the machine's, or made up in a folder.

    `binds` is what a namespace needs so that the names exist; {} where they all do.
    """

    def __init__(self, folder, user, *groups):
        self.user = user
        self.folder = folder
        try:
            account = pwd.getpwnam(user)
            self.uid, self.gid = account.pw_uid, account.pw_gid
            for group in groups:
                grp.getgrnam(group)
            self.binds = {}
        except KeyError:
            self.uid = self.gid = UNUSED_ID
            self.binds = {"/etc/passwd": self.passwd(), "/etc/group": self.group(groups)}

    def passwd(self):
        file = self.folder / "passwd"
        others = [line for line in Path("/etc/passwd").read_text().splitlines()
                  if not line.startswith(self.user + ":")]
        made_up = f"{self.user}:x:{self.uid}:{self.gid}::{self.folder}:/usr/sbin/nologin"
        file.write_text("\n".join([*others, made_up, ""]))
        return file

    def group(self, groups):
        file = self.folder / "group"
        names = (self.user, *groups)
        others = [line for line in Path("/etc/group").read_text().splitlines()
                  if line.partition(":")[0] not in names]
        made_up = [f"{name}:x:{UNUSED_ID + n}:" for n, name in enumerate(names)]
        file.write_text("\n".join([*others, *made_up, ""]))
        return file

    def own(self, path):
        os.chown(path, self.uid, self.gid)
