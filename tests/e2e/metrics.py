"""The page of metrics, asked for and read by Prometheus' own library.

    page = scrape(port)
    page.value("dnsbld_queries_total", zone=ZONE, transport="udp", family="ipv4")
"""

import http.client

from process import absent

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None


class Page:
    def __init__(self, text):
        if text_string_to_metric_families is None:
            absent("python3-prometheus-client is not installed")
        self.text = text
        self.families = list(text_string_to_metric_families(text))
        self.samples = {}
        for family in self.families:
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                assert key not in self.samples, f"{key} twice"
                self.samples[key] = sample.value

    def value(self, name, **labels):
        """Of one series; None where there is none."""
        return self.samples.get((name, frozenset(labels.items())))

    def series(self, name):
        """All series of a name: labels, as a sorted tuple of their values, to the value."""
        return {tuple(value for _, value in sorted(labels)): number
                for (sample, labels), number in self.samples.items() if sample == name}

    def sum(self, name, **labels):
        """Of all series that have these labels."""
        return sum(number for (sample, have), number in self.samples.items()
                   if sample == name and frozenset(labels.items()) <= have)


def request(port, method="GET", target="/metrics", timeout=10):
    """Status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, target)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def scrape(port):
    status, _, text = request(port)
    assert status == 200
    return Page(text)
