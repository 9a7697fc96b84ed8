#!/usr/bin/env python3
"""The dashboard of the real program in Chromium: `moor gateway` in a simulated shop with four radios, zones and a store.

    test_dashboard.py INSTALLED SOURCES      with $MOOR_PROGRAM; INSTALLED and SOURCES as for run_node.py"""

import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ["MOOR_PROGRAM"])
SHOP = HERE.parent.parent / "examples" / "worlds" / "shop.toml"
INSTALLED, SOURCES = sys.argv[1:3]

CONFIG = """
[gateway]
name = "shop"

{radios}

{zones}
[presence]
min_samples = 2

[store]
path = "shop.db"

[serve]
port = 0
"""


def config():
    radios = "".join(f'[[radio]]\nspec = "sim:{SHOP}?radio={name}"\n' for name in ("entrance", "clothes", "sports", "checkout"))
    zones = "".join(f'[[zone]]\nname = "{name}"\nradios = {json.dumps([f"sim:{SHOP}/{radio}" for radio in members])}\n'
                    for name, members in (("Entrance", ["entrance"]), ("Departments", ["clothes", "sports"]), ("Checkout", ["checkout"])))
    return CONFIG.format(radios=radios, zones=zones)


class Dashboard(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="moor-dashboard-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "moor.toml").write_text(config())
        environment = dict(os.environ, XDG_STATE_HOME=str(self.folder), TERM="dumb", MOOR_MDNS="off", DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nowhere")
        self.gateway = subprocess.Popen([PROGRAM, "gateway", "--config", self.folder / "moor.toml"], cwd=self.folder, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.addCleanup(self.end)
        self.said = []
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.gateway.stdout] and None, daemon=True).start()
        self.lines = lines
        self.url = self.await_url()

    def end(self):
        self.gateway.terminate()
        try:
            self.gateway.wait(20)
        except subprocess.TimeoutExpired:
            self.gateway.kill()
            self.gateway.wait()
        self.gateway.stdout.close()

    def await_url(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=0.5)
            except queue.Empty:
                continue
            self.said.append(line)
            if match := re.search(r"dashboard at (http://\S+)", line):
                return match[1].rstrip(".,;")
        self.fail("the gateway tells no dashboard:\n" + "".join(self.said))

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def somebody(self):
        """The id of a device that is in a zone."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            devices = self.get("/api/v1/devices?limit=500")["devices"]
            found = [device["id"] for device in devices if device["zone"] and device["smoothed"] is not None]
            if found:
                return found[0]
            time.sleep(0.5)
        self.fail("nobody is in a zone")

    def test_every_page_shows_what_the_gateway_knows(self):
        environment = dict(os.environ, MOOR_URL=self.url, MOOR_DEVICE=self.somebody())
        done = subprocess.run([sys.executable, HERE / "run_node.py", INSTALLED, SOURCES, "real.mjs"], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=540)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:])
        self.assertIsNone(self.gateway.poll(), "the gateway has ended")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
