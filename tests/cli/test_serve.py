"""The API of the real program: each answer fits docs/api/openapi.json, and each wrong question is told what is wrong."""

import base64
import json
import os
import re
import select
import socket
import struct
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import jsonschema

from moor_program import PROGRAM, Cli

SOURCE = Path(__file__).resolve().parents[2]
OPENAPI = json.loads((SOURCE / "docs" / "api" / "openapi.json").read_text())
WORLDS = SOURCE / "examples" / "worlds"


def as_json_schema(schema):
    """OpenAPI 3.0 says nullable where JSON Schema has the type null."""
    if isinstance(schema, list):
        return [as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: as_json_schema(each) for name, each in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, found]} if schema.get("nullable") is True else found


DOCUMENT = as_json_schema(OPENAPI)


class Serving(Cli):
    """One program for all tests of a class."""

    world = "shop"
    extra = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.enterClassFolder()
        config = cls.place / "moor.toml"
        config.write_text(f'[[radio]]\nspec = "sim:{WORLDS}/{cls.world}.toml?speed=1"\n[store]\npath = "{cls.place}/moor.db"\n'
                          f'[serve]\nport = 0\nrequests_per_s = 1000\n{cls.extra}')
        cls.program = subprocess.Popen([PROGRAM, "gateway", "--config", config, "--json"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, bufsize=1)
        cls.url = cls.wait_for_url()
        # What comes later is read away, so that the program never waits for this.
        cls.drain = subprocess.Popen(["cat"], stdin=cls.program.stdout, stdout=subprocess.DEVNULL)

    @classmethod
    def enterClassFolder(cls):
        import tempfile
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        return Path(folder.name)

    @classmethod
    def wait_for_url(cls):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            line = cls.program.stdout.readline()
            if not line:
                break
            url = json.loads(line).get("url")
            if url:
                return url
        cls.program.kill()
        raise AssertionError("it does not serve: " + cls.program.stderr.read())

    @classmethod
    def tearDownClass(cls):
        cls.program.terminate()
        cls.program.wait(30)
        cls.drain.wait(30)
        cls.program.stdout.close()
        cls.program.stderr.close()
        super().tearDownClass()

    def ask(self, path, method="GET", body=None, headers=None):
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {},
                                         data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def check(self, path, pattern=None, status=200):
        """The answer of a GET, which must be as the document says."""
        pattern = pattern or path.partition("?")[0]
        code, text = self.ask(path)
        self.assertEqual(code, status, text)
        described = OPENAPI["paths"][pattern]["get"]["responses"][str(status)]
        schema = DOCUMENT["paths"][pattern]["get"]["responses"][str(status)]
        if "$ref" in described:
            schema = DOCUMENT["components"]["responses"][described["$ref"].rpartition("/")[2]]
        answer = json.loads(text)
        whole = {**schema["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
        jsonschema.Draft7Validator(whole).validate(answer)
        return answer

    def wait_for_device(self):
        for _ in range(100):
            devices = self.check("/api/v1/devices")["devices"]
            placed = [device for device in devices if device["zone"] and device["smoothed"] is not None]
            if placed:
                return placed[0]
            time.sleep(0.2)
        raise AssertionError("no device has a zone")


class Answers(Serving):
    def test_each_answer_is_as_the_document_says(self):
        device = self.wait_for_device()
        name = urllib.parse.quote(device["id"], safe="")
        time.sleep(1.5)  # until the store has written what happened
        for path in ("status", "devices?limit=5&min_rssi=-80", "zones", "radios", "sensors", "readings?limit=5", "events?limit=5",
                     "visits?open=true&limit=5", "traffic?by=hour", "traffic", "dwell?by=zone", "dwell", "connections"):
            with self.subTest(path):
                self.check("/api/v1/" + path)
        self.check(f"/api/v1/devices/{name}", "/api/v1/devices/{id}")
        history = self.check(f"/api/v1/devices/{name}/history?seconds=60", "/api/v1/devices/{id}/history")
        self.assertTrue(history["kept"])
        self.assertGreater(len(history["t"]), 0)
        self.assertEqual(len(history["t"]), len(history["rssi"]))
        self.check(f"/api/v1/devices/{name}/history?from=2020-01-01", "/api/v1/devices/{id}/history")
        self.assertEqual(self.check("/health")["status"], "alive")
        self.assertTrue(self.check("/ready")["ready"])
        self.assertEqual(json.loads(self.ask("/api/v1/openapi.json")[1]), OPENAPI)
        self.assertEqual(self.ask("/metrics")[0], 200)

    def test_devices_are_filtered_and_ordered(self):
        self.wait_for_device()
        devices = self.check("/api/v1/devices?zone=near")["devices"]
        self.assertTrue(all(device["zone"] == "near" for device in devices))
        everybody = self.check("/api/v1/devices?limit=1")
        self.assertEqual(len(everybody["devices"]), 1)
        self.assertGreater(everybody["total"], 1)
        beacons = self.check("/api/v1/devices?type=ibeacon")["devices"]
        self.assertTrue(beacons and all(device["type"] == "iBeacon" for device in beacons))

    def test_no_address_leaves_the_program(self):
        self.wait_for_device()
        address = re.compile(r"\b(?:[0-9A-F]{2}:){5}[0-9A-F]{2}\b")
        for path in ("devices", "zones", "radios", "events", "visits", "status"):
            self.assertNotRegex(self.ask("/api/v1/" + path)[1], address, path)

    def test_wrong_questions_are_told_what_is_wrong(self):
        for path, pattern, status in (
            ("/api/v1/devices?limit=-1", None, 400),
            ("/api/v1/devices?limit=99999999999999999999", None, 400),
            ("/api/v1/devices?limit=1e3", None, 400),
            ("/api/v1/devices?min_rssi=nan", None, 400),
            ("/api/v1/devices?min_rssi=-500", None, 400),
            ("/api/v1/devices?naem=x", None, 400),
            ("/api/v1/devices?name=" + "x" * 300, None, 400),
            ("/api/v1/devices/nobody", "/api/v1/devices/{id}", 404),
            ("/api/v1/devices/a%2Fb", "/api/v1/devices/{id}", 404),
            ("/api/v1/devices/%27%20OR%201=1", "/api/v1/devices/{id}", 404),
            ("/api/v1/devices/nobody/history", "/api/v1/devices/{id}/history", 404),
            ("/api/v1/devices/nobody/history?seconds=0", "/api/v1/devices/{id}/history", 404),
            ("/api/v1/devices/nobody/history?seconds=5&from=2026-01-01", "/api/v1/devices/{id}/history", 400),
            ("/api/v1/events?from=yesterday", None, 400),
            ("/api/v1/events?from=2026-02-30", None, 400),
            ("/api/v1/events?from=1e300", None, 400),
            ("/api/v1/events?from=2026-03-02&until=2026-03-01", None, 400),
            ("/api/v1/visits?limit=1000000", None, 400),
            ("/api/v1/visits?open=perhaps", None, 400),
            ("/api/v1/dwell?by=minute", None, 400),
        ):
            with self.subTest(path):
                refused = self.check(path, pattern, status)
                self.assertTrue(refused["error"] and refused["advice"])
        self.assertEqual(self.ask("/api/v1/nothing")[0], 404)
        self.assertEqual(self.ask("/api/v1/devices", method="DELETE")[0], 405)
        self.assertEqual(self.ask("/api/v1/%2e%2e/%2e%2e/etc/passwd")[0], 400)

    def test_live_data_begin_with_all_devices(self):
        device = self.wait_for_device()
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
            text = ""
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and not ("event: zone" in text and text.count("event: devices") > 2):
                if select.select([client], [], [], 1)[0]:
                    text += client.recv(1 << 16).decode(errors="replace")
        self.assertIn("text/event-stream", text)
        self.assertIn("event: status", text)
        self.assertIn("event: radios", text)
        self.assertIn(device["id"], text)
        self.assertGreater(text.count("event: devices"), 2)


class WebSocketClient:
    """As much of RFC 6455 as a test needs."""

    def __init__(self, url, path):
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Origin: {url}\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def send(self, message):
        data = json.dumps(message).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(b"\x81" + size + b"\0\0\0\0" + data)

    def receive(self):
        while True:
            first, second = self.file.read(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.file.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.file.read(8))[0]
            data = self.file.read(size)
            if first & 0x0F == 1:
                return json.loads(data)
            if first & 0x0F == 8:
                return None

    def ask(self, message):
        """The answer, and what came unasked before it."""
        self.send(message)
        unasked = []
        while True:
            received = self.receive()
            if received is None or received.get("n") == message["n"]:
                return received, unasked
            unasked.append(received)

    def close(self):
        self.file.close()
        self.socket.close()


class Explorer(Serving):
    world = "guide"

    def open(self):
        client = WebSocketClient(self.url, "/api/v1/explorer")
        self.addCleanup(client.close)
        self.assertEqual(client.status, 101)
        return client

    def id_of(self, name):
        for _ in range(150):
            for device in self.check("/api/v1/devices?name=" + name)["devices"]:
                return device["id"]
            time.sleep(0.2)
        raise AssertionError(name + " is not heard")

    def events_of(self, device):
        """What became of the explorer's links to a device, the newest first, once the store has two."""
        for _ in range(100):
            rows = self.check("/api/v1/connections")["rows"]
            events = [row["event"] for row in rows if (row["device"], row["label"]) == (device, "explorer")]
            if len(events) >= 2:
                return events
            time.sleep(0.1)
        raise AssertionError(f"the store has {events}")

    def test_a_device_is_looked_around_in(self):
        client = self.open()
        device = self.id_of("HR-Monitor-001")
        answer, unasked = client.ask({"n": 1, "op": "connect", "id": device})
        self.assertTrue(answer["ok"], answer)
        self.assertEqual((answer["id"], answer["address"]), (device, None))
        self.assertIn("progress", [event["event"] for event in unasked])
        values = {each["uuid"][4:8]: each for service in answer["services"] for each in service["characteristics"]}
        self.assertEqual(values["2a19"]["decoded"], {"value": 85, "unit": "%"})
        held = [holder for radio in self.check("/api/v1/radios")["radios"] if radio["slots"] for holder in radio["slots"]["holders"]]
        self.assertEqual([(holder["id"], holder["label"]) for holder in held], [(device, "explorer")])

        answer, _ = client.ask({"n": 2, "op": "read", "uuid": "2a19"})
        self.assertEqual((answer["hex"], answer["number"]), ("55", 85))
        answer, _ = client.ask({"n": 3, "op": "read", "handle": values["2a19"]["handle"], "format": "u8*2 V"})
        self.assertEqual(answer["number"], 170)
        answer, _ = client.ask({"n": 4, "op": "subscribe", "handle": values["2a37"]["handle"]})
        self.assertTrue(answer["ok"], answer)
        answer, _ = client.ask({"n": 5, "op": "unsubscribe", "handle": values["2a37"]["handle"]})
        self.assertTrue(answer["ok"], answer)
        for n, message, words in ((6, {"op": "read", "handle": 60000}, "no such handle"), (7, {"op": "read", "uuid": "zz"}, "zz"),
                                  (8, {"op": "write", "handle": values["2a19"]["handle"]}, "hex or text"),
                                  (9, {"op": "write", "handle": values["2a19"]["handle"], "hex": "5"}, "hexadecimal")):
            answer, _ = client.ask({"n": n, **message})
            self.assertFalse(answer["ok"])
            self.assertIn(words, answer["error"])
        answer, _ = client.ask({"n": 10, "op": "disconnect"})
        self.assertTrue(answer["ok"])
        self.assertEqual(self.events_of(device), ["disconnected", "connected"])

    def test_the_link_ends_with_the_socket(self):
        client = self.open()
        answer, _ = client.ask({"n": 1, "op": "connect", "id": self.id_of("Moody")})
        self.assertTrue(answer["ok"], answer)
        client.close()
        for _ in range(100):
            radios = self.check("/api/v1/radios")["radios"]
            if not any(radio["slots"] and radio["slots"]["holders"] for radio in radios):
                return
            time.sleep(0.1)
        self.fail("the link is still there")

    def test_what_cannot_be_done_is_said(self):
        client = self.open()
        for n, (message, words) in enumerate((
            ({"op": "read", "handle": 3}, "no connection"),
            ({"op": "dance"}, "no op"),
            ({}, "no op"),
            ({"op": "connect"}, "id or an address"),
            ({"op": "connect", "id": "nobody"}, "no device"),
            ({"op": "connect", "address": "x"}, "no address"),
        )):
            answer, _ = client.ask({"n": n, **message})
            self.assertFalse(answer["ok"])
            self.assertIn(words, answer["error"])
            self.assertTrue(answer["advice"])
        answer, _ = client.ask({"n": 99, "op": "disconnect"})
        self.assertTrue(answer["ok"])


class Locked(Serving):
    world = "guide"
    extra = 'token = "a-long-random-text"\nconnect = false\n'

    def test_a_token_is_needed_for_all_but_health(self):
        self.assertEqual(self.ask("/health")[0], 200)
        for path in ("/api/v1/status", "/api/v1/devices", "/ready", "/metrics", "/api/v1/openapi.json"):
            self.assertEqual(self.ask(path)[0], 401, path)
            self.assertEqual(self.ask(path, headers={"Authorization": "Bearer wrong"})[0], 401, path)
            self.assertEqual(self.ask(path, headers={"Authorization": "Bearer a-long-random-text"})[0], 200, path)
        status = json.loads(self.ask("/api/v1/status", headers={"Authorization": "Bearer a-long-random-text"})[1])
        self.assertEqual(status["auth"], {"required": True, "ok": True})

    def test_the_explorer_is_refused_where_it_may_not_connect(self):
        code, text = self.ask("/api/v1/explorer", headers={"Authorization": "Bearer a-long-random-text"})
        self.assertEqual(code, 403, text)


if __name__ == "__main__":
    unittest.main()
