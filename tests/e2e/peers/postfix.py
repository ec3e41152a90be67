"""A real Postfix of our own: main.cf, master.cf, queue and data folders below one short path.

Two services listen: `smtpd` asks the blocklist itself and takes the client's address by XCLIENT;
`postscreen` asks it before smtpd and takes the address by HAProxy's protocol. Both hand accepted
mail to a discarding transport. The master runs in the foreground in a mount namespace whose
/etc/resolv.conf names our Unbound; no chroot, so that the resolver is read from there.

Where `reports` is given, a third service takes mail for a domain whose every mailbox is a pipe.
"""

import os
import re
import socket
import subprocess
from pathlib import Path

from dnsbld import REPOSITORY
from ports import free_port
from namespace import Accounts, inside_namespace
from process import Process, await_until, program

MAIN = """
compatibility_level = 3.6
myhostname = mx.example.org
mydestination = example.org
mynetworks = 127.0.0.254/32
inet_interfaces = 127.0.0.1
inet_protocols = all
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
local_recipient_maps =
local_transport = discard:
default_transport = discard:
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_peername_lookup = no
smtp_dns_support_level = enabled
smtpd_client_restrictions = reject_rbl_client {zone}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
postscreen_upstream_proxy_protocol = haproxy
postscreen_access_list =
postscreen_cache_map =
postscreen_greet_wait = 1s
postscreen_greet_action = ignore
postscreen_dnsbl_sites = {zone}=127.0.0.[2..11]
postscreen_dnsbl_threshold = 1
postscreen_dnsbl_action = enforce
postscreen_dnsbl_min_ttl = 1s
postscreen_dnsbl_max_ttl = 1s
"""

MASTER = """
127.0.0.1:{smtpd} inet n - n - - smtpd
127.0.0.1:{postscreen} inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
  -o smtpd_client_restrictions=
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
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

# One recipient a command: ${recipient} would be all of them.
REPORTS_MAIN = """
relay_domains = {domain}
transport_maps = inline:{{ {domain}=reports: }}
fast_flush_domains =
reports_destination_recipient_limit = 1
reports_destination_concurrency_limit = 100
minimal_backoff_time = 1h
queue_run_delay = 1h
"""

REPORTS_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_client_restrictions=
pickup unix n - n 60 1 pickup
reports unix - n n - 100 pipe
  flags=q {pipe}
"""


# The master changes its effective user, and with that loses the kernel's promise of a SIGTERM when
# the test run dies. A shell keeps it in its stead.
KEEPER = """trap 'kill "$!"' TERM; "$@" & wait; wait"""
UNPACKED = REPOSITORY / "build/peers/postfix/usr/sbin/postfix"


class Postfix:
    def __init__(self, folder, zone, resolv_conf, reports=None, extra=""):
        """reports: a domain, and what its transport's line in master.cf says after the flags.
        extra: lines of main.cf."""
        self.folder = folder
        self.smtpd = ("127.0.0.1", free_port())
        self.postscreen = ("127.0.0.1", free_port())
        self.mail_log = folder / "mail.log"
        # Installed, or unpacked where a package would evict the machine's mail server.
        postfix = Path(program("postfix", "/usr/sbin/postfix", UNPACKED))
        root = postfix.parents[2]
        accounts = Accounts(folder, "postfix", "postdrop")
        config = folder / "config"
        for name in ("config", "queue", "data"):
            (folder / name).mkdir()
        accounts.own(folder / "data")
        main = MAIN.format(folder=folder, zone=zone, root="" if root == Path("/") else root) + extra
        master = MASTER.format(smtpd=self.smtpd[1], postscreen=self.postscreen[1])
        if reports:
            domain, pipe = reports
            self.reports = ("127.0.0.1", free_port())
            main += REPORTS_MAIN.format(domain=domain)
            master += REPORTS_MASTER.format(port=self.reports[1], pipe=pipe)
        (config / "main.cf").write_text(main)
        (config / "master.cf").write_text(master)
        binds = {"/etc/resolv.conf": resolv_conf, **accounts.binds}
        env = {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/postfix")}
        self.flush = inside_namespace(
            binds, [root / "usr/sbin/postqueue", "-c", config, "-f"]), env
        # `postfix start-fg` would leave its master in a session that we do not know of.
        subprocess.run(inside_namespace(binds, [postfix, "-c", config, "check"]), check=True,
                       env=env, cwd=folder)
        self.process = Process(
            inside_namespace(binds, ["sh", "-c", KEEPER, "sh",
                                     root / "usr/lib/postfix/sbin/master", "-c", config, "-d"]),
            folder / "postfix.log", env=env)
        self.process.await_line("daemon started", log=self.mail_log)
        await_until(self.listens, "Postfix listens")

    def listens(self):
        """Both services accept. An smtpd greets at once, which proves that the log line is true."""
        for server in (self.smtpd, self.postscreen):
            try:
                socket.create_connection(server, timeout=5).close()
            except ConnectionRefusedError:
                return False
        return True

    def log(self):
        return self.mail_log.read_text(errors="replace")

    def await_discarded(self, queue_id):
        """The message was delivered (to nowhere): an accepted mail is not only a 250."""
        return self.process.await_line(rf"{queue_id}: .*relay=none.*status=sent", log=self.mail_log)

    def await_sent(self, count):
        await_until(lambda: self.log().count("relay=reports") >= count
                    and self.log().count("status=sent") >= count, f"{count} mails are delivered")

    def await_deferred(self, count):
        await_until(lambda: self.log().count("status=deferred") >= count
                    and self.queued("deferred") == count, f"{count} mails are deferred")

    def bounced(self):
        return "status=bounced" in self.log() or "non-delivery notification" in self.log()

    def queued(self, *names):
        """How many mails are in these queues, or in all."""
        return sum(len([p for p in (self.folder / "queue" / name).rglob("*") if p.is_file()])
                   for name in names or ("maildrop", "incoming", "active", "deferred"))

    def flushed(self):
        """Try what is deferred once more; whether nothing is left."""
        argv, env = self.flush
        subprocess.run(argv, env=env, check=True)
        return self.queued() == 0

    @staticmethod
    def queue_id(outcome):
        return re.search(r"queued as (\w+)", outcome.text).group(1)

    def stop(self):
        self.process.stop(deadline=30)
