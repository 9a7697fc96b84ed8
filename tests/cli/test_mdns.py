"""Another implementation of multicast DNS, python-zeroconf, finds what moor announces, and moor finds what it announces. All on loopback."""

import json
import queue
import signal
import socket
import unittest

from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf

from moor_program import INTERRUPTED, Cli, report

TYPE = "_esphomelib._tcp.local."
TAG = "A4:CF:12:34:56:78"
PATIENCE_S = 30


class Found:
    """What a browser of zeroconf hears, in order."""

    def __init__(self):
        self.events = queue.Queue()

    def add_service(self, zeroconf, kind, name):
        self.events.put(("add", name, zeroconf.get_service_info(kind, name, PATIENCE_S * 1000)))

    def update_service(self, zeroconf, kind, name):
        pass

    def remove_service(self, zeroconf, kind, name):
        self.events.put(("remove", name, None))


class Mdns(Cli):
    mdns = "lo"

    def setUp(self):
        super().setUp()
        self.zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        self.addCleanup(self.zeroconf.close)

    def start_proxy(self):
        path = self.folder / "proxy.toml"
        capture = self.capture([(t * 0.1, report(TAG, -60, "020106", random=False)) for t in range(5)])
        path.write_text(f'name = "moor-mdns-test"\nradio = "{capture}"\nlisten = ["127.0.0.1:0"]\n')
        process = self.start("proxy", "--config", path, "--json")
        port = None
        for text in process.stdout:
            line = json.loads(text)
            if line["event"] == "listening":
                port = int(line["address"].rsplit(":", 1)[1])
            if line["event"] == "announced":
                return process, port
        self.fail(process.stderr.read())

    def test_finds_a_proxy_of_moor_until_its_goodbye(self):
        found = Found()
        browser = ServiceBrowser(self.zeroconf, TYPE, found)
        self.addCleanup(browser.cancel)
        process, port = self.start_proxy()
        event, name, info = found.events.get(timeout=PATIENCE_S)
        self.assertEqual((event, name), ("add", "moor-mdns-test." + TYPE))
        self.assertEqual((info.server, info.port), ("moor-mdns-test.local.", port))
        self.assertEqual(info.parsed_addresses(), ["127.0.0.1"])
        attributes = {key.decode(): value.decode() for key, value in info.properties.items()}
        self.assertRegex(attributes["mac"], "^[0-9a-f]{12}$")
        self.assertEqual(attributes["api_encryption"], "Noise_NNpsk0_25519_ChaChaPoly_SHA256")
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertEqual(found.events.get(timeout=PATIENCE_S)[:2], ("remove", "moor-mdns-test." + TYPE))

    def test_is_found_by_moor(self):
        info = ServiceInfo(TYPE, "zeroconf-hall." + TYPE, port=6053, addresses=[socket.inet_aton("127.0.0.1")],
                           properties={"mac": "020000000002", "version": "2026.1.0"}, server="zeroconf-hall.local.")
        self.zeroconf.register_service(info)
        radios = {each["id"]: each for each in json.loads(self.moor("radios", "--json"))["radios"]}
        self.assertIn("esphome://zeroconf-hall.local", radios)
        self.assertEqual(radios["esphome://zeroconf-hall.local"]["state"], "found")


if __name__ == "__main__":
    unittest.main()
