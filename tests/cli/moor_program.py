"""Runs the program under test and checks that what it prints as JSON is what its schema says."""

import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from validate import faults, load

PROGRAM = Path(os.environ["MOOR_PROGRAM"])
DEMO = PROGRAM.parent.parent / "share" / "moor" / "demo-shop.btsnoop"

DONE, FAILED, USAGE, NOT_FOUND, NO_RADIO, INTERRUPTED = 0, 1, 2, 3, 7, 130


def report(address, rssi, payload, random=True, kind=0x00):
    """One LE Advertising Report event as H4: address as written, payload as hex."""
    data = bytes.fromhex(payload)
    air = bytes.fromhex(address.replace(":", ""))[::-1]
    body = bytes([0x02, 1, kind, int(random)]) + air + bytes([len(data)]) + data + struct.pack("b", rssi)
    return bytes([0x04, 0x3E, len(body)]) + body


def btsnoop(packets):
    """A btsnoop file of (seconds, H4 packet)."""
    out = b"btsnoop\0" + struct.pack(">II", 1, 1002)
    for seconds, packet in packets:
        micros = 0x00DCDDB30F2F8000 + EPOCH * 1_000_000 + round(seconds * 1e6)  # microseconds since the year 0
        out += struct.pack(">IIIIq", len(packet), len(packet), 3, 0, micros) + packet
    return out


EPOCH = 1_700_000_000  # when the captures of these tests begin, seconds since 1970
IBEACON = "0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5"  # major 1, minor 101, -59 dBm


class Cli(unittest.TestCase):
    mdns = "off"  # $MOOR_MDNS

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="moor-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def capture(self, packets, name="capture.btsnoop"):
        path = self.folder / name
        path.write_bytes(btsnoop(packets))
        return f"replay:{path}"

    def moor(self, *arguments, status=DONE, **options):
        """Runs the program; its standard output. Fails where the exit status differs."""
        environment = dict(os.environ, XDG_STATE_HOME=str(self.folder), TERM="dumb", MOOR_MDNS=self.mdns,
                           DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nowhere")  # whatever Bluetooth and network this machine has
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=environment, **options)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        self.errors = done.stderr
        return done.stdout

    def json(self, schema, *arguments, status=DONE):
        text = self.moor(*arguments, "--json", status=status)
        self.assertEqual(faults(load(schema), text, "output"), [])
        return json.loads(text)

    def lines(self, schema, *arguments, status=DONE):
        text = self.moor(*arguments, "--json", status=status)
        validator = load(schema)
        for number, line in enumerate(text.splitlines(), 1):
            self.assertEqual(faults(validator, line, f"line {number}"), [])
        return [json.loads(line) for line in text.splitlines()]

    def moor_to(self, output, *arguments):
        """Runs the program with its standard output there; its exit status."""
        return subprocess.run([PROGRAM, *map(str, arguments)], stdout=output, stderr=subprocess.DEVNULL, timeout=120).returncode

    def start(self, *arguments):
        """Starts the program and leaves it running; it is ended with the test."""
        environment = dict(os.environ, XDG_STATE_HOME=str(self.folder), TERM="dumb", MOOR_MDNS=self.mdns)
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

        def end():
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process
