"""Another dnsbld as a secondary: `feeder mirror` takes the zone over, dnsbld beside it serves it."""

from dnsbld import Dnsbld, built
from peers.server import Server, example
from ports import free_port


class Mirror(Server):
    def __init__(self, folder, zone):
        super().__init__(folder, zone)
        self.notify_port = free_port()
        self.installation = None

    def follow(self, port, key):
        text = example("dnsbld.conf", self.zone, port, key)
        body = text.replace("198.51.100.53:5360", f"127.0.0.1:{self.notify_port}")
        if self.installation:
            self.installation.configure(body)
        else:
            self.installation = Dnsbld(self.folder, body).init()
        self.installation.start()
        self.port = self.installation.port
        return self.start([built("feeder"), "-c", self.installation.config, "mirror"])

    def stop(self):
        if self.process:
            assert "Sanitizer" not in self.text()
            if self.running():
                assert self.process.stop() == 0
            self.installation.stop()
