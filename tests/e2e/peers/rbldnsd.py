"""A real rbldnsd that serves one zone from one `combined` file, in the foreground."""

import os

from peers.server import Server, user
from process import program


class Rbldnsd(Server):
    def __init__(self, folder, zone, file):
        super().__init__(folder, zone)
        self.file = file
        os.chmod(folder, 0o755)
        drop = ["-u", user()] if user() else []
        self.start([program("rbldnsd"), *drop, "-n", "-b", f"127.0.0.1/{self.port}", "-w", folder,
                    "-c", "0", f"{zone}:combined:{file}"])
        self.await_serial()
