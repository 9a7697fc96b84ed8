"""The gateway at a real broker: what it publishes, TLS and passwords, a broker that is killed, a gateway that is killed."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from jsonschema import Draft202012Validator

HERE = Path(__file__).parent
PROGRAM = os.environ["MOOR_PROGRAM"]
DOCS = HERE.parent.parent / "docs" / "mqtt"
MOSQUITTO = "/usr/sbin/mosquitto"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def make_certificates(folder):
    """An authority, a certificate of the broker for localhost, one of a client."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2", folder=folder)
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=gateway")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject, folder=folder)
        (folder / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile", "ext",
                folder=folder)


class Broker:
    def __init__(self, test, lines="allow_anonymous true\n", persistent=True):
        self.folder = Path(tempfile.mkdtemp(prefix="moor-broker-"))
        test.addCleanup(shutil.rmtree, self.folder, True)
        self.port = free_port()
        text = f"listener {self.port} 127.0.0.1\nuser root\nmax_queued_messages 0\nmax_inflight_messages 0\n{lines}"
        if persistent:
            text += f"persistence true\npersistence_location {self.folder}/\nautosave_interval 1\nautosave_on_changes true\n"
        (self.folder / "mosquitto.conf").write_text(text)
        self.process = None
        self.start()
        test.addCleanup(self.kill)

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", self.folder / "mosquitto.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("mosquitto does not start")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Subscriber:
    """A persistent session at the broker; what it has got, also over the broker's restarts."""

    def __init__(self, test, broker, topic="moor/#", arguments=()):
        self.messages = []
        self.broker = broker
        self.process = subprocess.Popen(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-i", "subscriber", "-c", "-q", "1", "-F", "%t %p", "-t", topic, *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        test.addCleanup(self.end)

    def read(self):
        for line in self.process.stdout:
            topic, _, payload = line.rstrip("\n").partition(" ")
            self.messages.append((topic, payload))

    def of(self, *end):
        return [payload for topic, payload in list(self.messages) if topic.endswith(end)]

    def events(self):
        return [json.loads(payload) for payload in self.of("/event/zone", "/event/visit")]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


@unittest.skipUnless(os.access(MOSQUITTO, os.X_OK) and shutil.which("mosquitto_sub"), "mosquitto and its clients are not installed")
class AtABroker(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="moor-publish-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def config(self, broker, extra="", mqtt="", radio=None):
        path = self.folder / "moor.toml"
        # Fast alternation, so that there are events all the time.
        (self.folder / "world.toml").write_text((HERE / "restless.toml").read_text())
        path.write_text(f"""
[gateway]
name = "till"
[[radio]]
spec = "{radio or f'sim:{self.folder}/world.toml?speed=20'}"
[[device]]
address = "A4:CF:12:34:56:78"
name = "tag"
[privacy]
store_addresses = "all"
[presence]
reading_interval_s = 0
min_samples = 1
lost_after_s = 3
rejoin_within_s = 0
[store]
path = "{self.folder}/moor.db"
[serve]
enabled = false
[mqtt]
host = "localhost"
port = {broker.port}
{mqtt}
{extra}
""")
        return path

    def start(self, config):
        process = subprocess.Popen([PROGRAM, "gateway", "--config", str(config), "--json"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=dict(os.environ, XDG_STATE_HOME=str(self.folder), MOOR_MDNS="off", DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nowhere"))
        output = []
        thread = threading.Thread(target=lambda: output.extend(process.stdout), daemon=True)
        thread.start()

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            thread.join()
            process.stdout.close()

        self.addCleanup(end)
        process.output = output
        return process

    def wait_for(self, what, process=None, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what():
                return
            time.sleep(0.05)
        self.fail(f"it has not come: {''.join(process.output[-5:]) if process else ''}")

    def rows(self):
        with sqlite3.connect(self.folder / "moor.db") as database:
            zones = {row[0] for row in database.execute("SELECT id FROM zone_events")}
            visits = {row[0] for row in database.execute("SELECT id FROM visits")}
        return zones, visits

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertIn(process.wait(15), (0, 130), "".join(process.output[-5:]))

    def test_what_is_published_is_what_the_schemas_say(self):
        broker = Broker(self)
        subscriber = Subscriber(self, broker)
        process = self.start(self.config(broker))
        self.wait_for(lambda: len(subscriber.events()) > 10, process)
        self.wait_for(lambda: subscriber.of("till/device/tag/state") and subscriber.of("moor/device/tag/state"), process)
        for schema, payloads in (("event", subscriber.of("/event/zone", "/event/visit")), ("state", subscriber.of("/state"))):
            validator = Draft202012Validator(json.loads((DOCS / f"{schema}.schema.json").read_text()))
            for payload in payloads:
                self.assertEqual([error.message for error in validator.iter_errors(json.loads(payload))], [], payload)
        self.assertEqual(subscriber.of("till/status")[-1], "online")
        found = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "homeassistant/device/+/config", "-C", "2", "-W", "10", "-F", "%p"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        validator = Draft202012Validator(json.loads((HERE / "home_assistant.schema.json").read_text()))
        for payload in found:
            self.assertEqual([error.message for error in validator.iter_errors(json.loads(payload))], [])
        self.assertEqual({json.loads(payload)["dev"]["ids"][0] for payload in found}, {"moor_gateway_till", "moor_tag"})
        self.stop(process)
        self.wait_for(lambda: subscriber.of("till/status")[-1] == "offline")

    def test_over_tls_with_a_certificate_and_a_password(self):
        make_certificates(self.folder)
        subprocess.run(["mosquitto_passwd", "-b", "-c", self.folder / "passwords", "till", "secret"], check=True, capture_output=True)
        lines = (f"cafile {self.folder}/ca.pem\ncertfile {self.folder}/server.pem\nkeyfile {self.folder}/server.key\n"
                 f"require_certificate true\nallow_anonymous false\npassword_file {self.folder}/passwords\n")
        broker = Broker(self, lines)
        tls = f'tls = true\nca_file = "{self.folder}/ca.pem"\n'
        certificate = f'cert_file = "{self.folder}/client.pem"\nkey_file = "{self.folder}/client.key"\n'
        user = 'user = "till"\npassword = "secret"\n'
        refusals = [(f"tls = true\n{certificate}{user}", "not trusted"), (f"{tls}{user}", "certificate"),
                    (f'{tls}{certificate}user = "till"\npassword = "no"\n', "mqtt.user")]
        for mqtt, said in refusals:
            with self.subTest(mqtt=mqtt):
                process = self.start(self.config(broker, mqtt=mqtt))
                self.wait_for(lambda: any(said in line for line in process.output), process)
                process.kill()
                process.wait()
        secure = ("--cafile", f"{self.folder}/ca.pem", "--cert", f"{self.folder}/client.pem", "--key", f"{self.folder}/client.key", "-u", "till", "-P", "secret")
        for version in ("3.1.1", "5"):
            with self.subTest(version=version):
                process = self.start(self.config(broker, mqtt=f'{tls}{certificate}{user}version = "{version}"\n'))
                got = subprocess.run(["mosquitto_sub", "-h", "localhost", "-p", str(broker.port), *secure, "-t", "moor/till/event/zone", "-C", "1", "-W", "20"],
                                     capture_output=True, text=True)
                self.assertEqual(json.loads(got.stdout)["gateway"], "till")
                process.kill()
                process.wait()

    def kill_the_broker(self, persistent):
        broker = Broker(self, persistent=persistent)
        subscriber = Subscriber(self, broker)
        process = self.start(self.config(broker))
        for _ in range(3):
            count = len(subscriber.events())
            self.wait_for(lambda: len(subscriber.events()) > count + 20, process)
            time.sleep(1.5)  # the broker has written its sessions
            broker.kill()
            time.sleep(1)
            broker.start()
        self.wait_for(lambda: len(subscriber.events()) > count + 20, process)
        return subscriber, process

    def wait_for_all(self, subscriber, process):
        """Until what the store has now has arrived; then what the store had."""
        zones, _ = self.rows()
        newest = max(zones)
        self.wait_for(lambda: any(event["kind"] == "zone" and event["id"] >= newest for event in subscriber.events()), process)
        return zones

    def test_a_broker_that_is_killed_loses_nothing_that_waits_for_it(self):
        subscriber, process = self.kill_the_broker(persistent=True)
        zones = self.wait_for_all(subscriber, process)
        self.stop(process)
        got = [event["id"] for event in subscriber.events() if event["kind"] == "zone"]
        self.assertEqual(zones - set(got), set(), "zone events that nobody got")
        # Some may come twice; apart from that they come in order.
        first = list(dict.fromkeys(got))
        self.assertEqual(first, list(range(first[0], first[0] + len(first))), "ids have gaps or are out of order")

    def test_a_broker_that_forgets_everything_gets_all_that_waits(self):
        subscriber, process = self.kill_the_broker(persistent=False)
        self.wait_for_all(subscriber, process)
        # The broker has forgotten who subscribes; what is retained is there again.
        found = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(subscriber.broker.port), "-t", "moor/till/status", "-C", "1", "-W", "10"],
                               capture_output=True, text=True).stdout
        self.assertEqual(found.strip(), "online")
        first = list(dict.fromkeys(event["id"] for event in subscriber.events() if event["kind"] == "zone"))
        self.assertEqual(first, sorted(first))
        self.stop(process)

    def test_a_gateway_that_is_killed_publishes_all_that_its_store_has(self):
        broker = Broker(self)
        subscriber = Subscriber(self, broker)
        config = self.config(broker)
        for round_number in range(20):
            process = self.start(config)
            count = len(subscriber.events())
            self.wait_for(lambda: len(subscriber.events()) > count + 3, process)
            time.sleep(round_number % 5 * 0.02)
            process.kill()
            process.wait()
        # One more, so that what waited is published.
        process = self.start(config)
        count = len(subscriber.events())
        self.wait_for(lambda: len(subscriber.events()) > count + 10, process)
        zones = self.wait_for_all(subscriber, process)
        process.kill()
        events = subscriber.events()
        got = [event["id"] for event in events if event["kind"] == "zone"]
        self.assertEqual(zones - set(got), set(), "zone events that nobody got")
        self.assertEqual(set(got) - self.rows()[0], set(), "published, and not in the store")
        first = list(dict.fromkeys(got))
        self.assertEqual(first, list(range(first[0], first[0] + len(first))), "ids have gaps or are out of order")


if __name__ == "__main__":
    unittest.main()
