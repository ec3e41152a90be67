"""A Postfix for testers of relays: open, or closed, to whoever connects on loopback.

It asks nobody anything and delivers nothing: no resolver, no blocklist, and what it accepts is
discarded. `trusts` is its mynetworks: whose mail to anywhere it takes without a login.
"""

import os
import socket
import subprocess
from pathlib import Path

from namespace import Accounts, inside_namespace
from peers.postfix import KEEPER, UNPACKED
from ports import free_port
from process import Process, await_until, program

MAIN = """
compatibility_level = 3.6
myhostname = mail.example.org
mydestination = example.org
mynetworks = {trusts}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
meta_directory = {root}/etc/postfix
shlib_directory = {root}/usr/lib/postfix
import_environment = MAIL_CONFIG MAIL_LOGTAG PATH LD_LIBRARY_PATH
mail_owner = postfix
setgid_group = postdrop
alias_maps =
alias_database =
local_recipient_maps = inline:{{postmaster=here}}
local_transport = discard:
default_transport = discard:
relay_transport = discard:
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"""


class Relay:
    def __init__(self, folder, trusts):
        self.address = ("127.0.0.1", free_port())
        self.mail_log = folder / "mail.log"
        postfix = Path(program("postfix", "/usr/sbin/postfix", UNPACKED))
        root = postfix.parents[2]
        accounts = Accounts(folder, "postfix", "postdrop")
        config = folder / "config"
        for name in ("config", "queue", "data"):
            (folder / name).mkdir()
        accounts.own(folder / "data")
        (config / "main.cf").write_text(MAIN.format(folder=folder, trusts=trusts,
                                                    root="" if root == Path("/") else root))
        (config / "master.cf").write_text(MASTER.format(port=self.address[1]))
        env = {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/postfix")}
        subprocess.run(inside_namespace(accounts.binds, [postfix, "-c", config, "check"]),
                       check=True, env=env, cwd=folder)
        self.process = Process(
            inside_namespace(accounts.binds,
                             ["sh", "-c", KEEPER, "sh", root / "usr/lib/postfix/sbin/master", "-c",
                              config, "-d"]),
            folder / "postfix.log", env=env)
        self.process.await_line("daemon started", log=self.mail_log)
        await_until(self.greets, "the relay greets")

    def greets(self):
        try:
            with socket.create_connection(self.address, timeout=5) as connection:
                return connection.recv(3) == b"220"
        except ConnectionRefusedError:
            return False

    def log(self):
        return self.mail_log.read_text(errors="replace")

    def stop(self):
        self.process.stop(deadline=30)
