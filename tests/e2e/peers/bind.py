"""A real BIND: a secondary, or the primary of a zone file."""

from peers.server import Server, example, secret, user
from process import program

HEAD = """
options {{
	directory "{folder}";
	pid-file "{folder}/named.pid";
	session-keyfile "{folder}/session.key";
	lock-file none;
	listen-on port {port} {{ 127.0.0.1; }};
	listen-on-v6 {{ none; }};
	recursion no;
	dnssec-validation no;
	notify-delay 0;
	notify-rate 1000;
	startup-notify-rate 1000;
}};
controls {{ }};
"""

KEY = """
key "{name}" {{
	algorithm {algorithm};
	secret "{secret}";
}};
"""

PRIMARY = """
zone "{zone}" {{
	type primary;
	file "{file}";
	ixfr-from-differences yes;
	check-names ignore;
	allow-transfer {{ {allow}; }};
	notify {notify};
	also-notify {{ {also} }};
}};
"""


class Bind(Server):
    def follow(self, port, key):
        return self.launch(example("named.conf", self.zone, port, key))

    def serve(self, file, key=None, notify=None):
        self.file = file
        text = ""
        if key:
            text = KEY.format(name=key.name, algorithm=key.algorithm, secret=secret(key))
        signed = f' key "{key.name}"' if key else ""
        return self.launch(text + PRIMARY.format(
            zone=self.zone, file=file, allow=signed or "127.0.0.1",
            notify="explicit" if notify else "no",
            also=f"127.0.0.1 port {notify}{signed};" if notify else ""))

    def launch(self, text):
        config = self.folder / "named.conf"
        config.write_text(HEAD.format(folder=self.folder, port=self.port) + text)
        words = ["-u", user()] if user() else []
        return self.start([program("named"), "-g", "-n", "1", "-c", config, *words])
