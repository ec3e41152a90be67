"""A real Exim of our own, which asks the blocklist in its RCPT ACL and quotes our TXT.

Debian's exim4 evicts Postfix, so it is unpacked below build/peers rather than installed. It insists
on a Debian-exim account: where there is none, it sees one in an /etc/passwd of its own mount
namespace, which is also where /etc/resolv.conf names our Unbound. Debian's build has no PROXY
protocol, so each session is an `exim -bs` on a socket pair whose client's address is given by -oMa,
as inetd would hand it over. An accepted message is written to a file; where `reports` is given,
one mailbox of a domain is a pipe.
"""

import os
import shutil
import subprocess
from pathlib import Path

from dnsbld import REPOSITORY
from namespace import Accounts, inside_namespace
from process import program
from smtp import Session, socket_to_command

ACCOUNT = "Debian-exim"
UNPACKED = REPOSITORY / "build/peers/exim4/usr/sbin/exim4"

CONFIG = """
exim_path = {exim}
primary_hostname = mx.example.org
domainlist local_domains = example.org
exim_user = {account}
exim_group = {account}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
keep_environment =
add_environment = PATH=/usr/bin
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
dns_dnssec_ok = 0
never_users =
acl_smtp_rcpt = check
acl_smtp_data = accept
begin acl
check:
  deny dnslists = {zone}
       message  = listed in $dnslist_domain as $dnslist_value: $dnslist_text
  accept domains = +local_domains
  deny
begin routers
everything:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  file = {folder}/log/delivered
  user = {account}
"""

REPORTS_ROUTER = """
reports:
  driver = accept
  domains = {domain}
  local_parts = {local_part}
  transport = reports
"""

# Without the lines that a mailbox file would need: a mail that comes again is the same octets.
REPORTS_TRANSPORT = """
reports:
  driver = pipe
  command = {command}
  user = nobody
  message_prefix =
  message_suffix =
  return_fail_output
begin retry
* * F,1d,1h
"""


class Exim:
    def __init__(self, folder, zone, resolv_conf, reports=None):
        """reports: a domain, a mailbox's local part there, and the command of its pipe."""
        self.folder = folder
        self.delivered_file = folder / "log/delivered"
        unpacked = Path(program("exim4", UNPACKED))
        # It starts itself anew as Debian-exim, who may not look where this checkout is.
        self.exim = shutil.copy2(unpacked, folder / "exim4")
        accounts = Accounts(folder, ACCOUNT)
        self.binds = {"/etc/resolv.conf": resolv_conf, **accounts.binds}
        for name in ("spool", "log"):
            (folder / name).mkdir()
            accounts.own(folder / name)
        self.config = folder / "exim.conf"
        text = CONFIG.format(account=ACCOUNT, exim=self.exim, folder=folder, zone=zone)
        if reports:
            domain, local_part, command = reports
            router = REPORTS_ROUTER.format(domain=domain, local_part=local_part)
            text = text.replace("begin routers\n", "begin routers" + router)
            text = text.replace("= example.org\n", f"= example.org : {domain}\n")
            text += REPORTS_TRANSPORT.format(command=command)
        self.config.write_text(text)
        libraries = unpacked.parents[1] / "lib/x86_64-linux-gnu"
        if UNPACKED == unpacked and libraries.is_dir():
            shutil.copytree(libraries, folder / "lib", symlinks=True)
        self.env = {**os.environ, "LD_LIBRARY_PATH": str(folder / "lib")}
        subprocess.run(self.command("-bV"), env=self.env, check=True, stdout=subprocess.DEVNULL)

    def command(self, *words):
        return inside_namespace(self.binds, [self.exim, "-C", self.config, *words])

    def deliver(self, client):
        """One message from this client's address: what Exim said last."""
        with socket_to_command(self.command("-bs", "-oMa", client), self.env) as connection:
            with Session(connection) as session:
                return session.deliver()

    def send(self, recipient, text):
        """One message to a mailbox, from this machine, into the queue: what Exim said last.

        Exim would deliver it at once as its own account, which may become nobody else where its
        config is named on the command line.
        """
        with socket_to_command(self.command("-bs", "-odq"), self.env) as connection:
            with Session(connection, recipient=recipient, text=text) as session:
                return session.deliver()

    def run_queue(self):
        """Try to deliver all that is in the queue, whether it is time or not."""
        subprocess.run(self.command("-qff"), env=self.env, check=True)

    def queue(self):
        return list((self.folder / "spool/input").rglob("*-H"))

    def log(self):
        return (self.folder / "log/mainlog").read_text(errors="replace")

    def delivered(self):
        """How many messages were written so far."""
        if not self.delivered_file.exists():
            return 0
        return self.delivered_file.read_text().count("\nSubject: hello\n")
