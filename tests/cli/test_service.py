import os
import pathlib
import signal
import socket
import subprocess
import unittest

from moor_program import INTERRUPTED, PROGRAM, Cli

WORLD = """name = "quiet"

[[radio]]
name = "hall"
position = [0, 0]
"""
CONFIG = """[[radio]]
spec = "sim:{folder}/quiet.toml"
[serve]
enabled = false
[view]
mode = "off"
"""


class Service(Cli):
    """What a service manager is told; its end of the socket is the test's."""

    def setUp(self):
        super().setUp()
        (self.folder / "quiet.toml").write_text(WORLD)
        (self.folder / "moor.toml").write_text(CONFIG.format(folder=self.folder))
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(self.folder / "notify"))
        self.manager.settimeout(20)

    def start(self, **environment):
        process = subprocess.Popen([PROGRAM, "gateway", "--config", self.folder / "moor.toml"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify"), "MOOR_MDNS": "off", **environment})
        self.addCleanup(process.stderr.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def told(self, wanted):
        """The next message that has these words, and what came before it."""
        before = []
        while True:
            message = self.manager.recv(4096).decode()
            if wanted in message:
                return message, before
            before.append(message)

    def test_it_says_that_it_is_ready_and_that_it_stops(self):
        process = self.start()
        message, before = self.told("READY=1")
        self.assertEqual(before, [])
        self.assertIn("STATUS=1 radio", message)
        process.send_signal(signal.SIGTERM)
        self.told("STOPPING=1")
        self.assertEqual(process.wait(20), INTERRUPTED)

    def test_a_reload_begins_and_ends(self):
        process = self.start()
        self.told("READY=1")
        process.send_signal(signal.SIGHUP)
        message, _ = self.told("RELOADING=1")
        self.assertRegex(message, r"MONOTONIC_USEC=\d+")
        self.told("READY=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), INTERRUPTED)

    def test_a_reload_of_a_wrong_file_ends_too_and_the_old_goes_on(self):
        process = self.start()
        self.told("READY=1")
        pathlib.Path(self.folder, "moor.toml").write_text("[presence]\nalpha = 2\n")
        process.send_signal(signal.SIGHUP)
        self.told("RELOADING=1")
        self.told("READY=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), INTERRUPTED)
        self.assertIn("presence.alpha is 2", process.stderr.read())

    def test_the_watchdog_is_told_three_times_in_its_interval(self):
        process = self.start(WATCHDOG_USEC="300000")
        for _ in range(5):
            self.told("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), INTERRUPTED)


if __name__ == "__main__":
    unittest.main()
