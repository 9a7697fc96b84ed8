import os
import socket
import subprocess
import time
import unittest

from moor_program import DONE, NO_RADIO, PROGRAM, Cli


class Doctor(Cli):
    """What is found depends on the machine; the lab's doctor.sh knows its machine, and tests/bluez/doctor_test.cpp each trouble."""

    def doctor(self, *arguments, bus="unix:path=/no/such/bus"):
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=bus, TERM="dumb")
        return subprocess.run([PROGRAM, "doctor", *arguments], capture_output=True, text=True, timeout=60, env=environment, check=False)

    def test_without_a_bus_it_says_so_with_the_command_that_mends_it(self):
        checks = {check["name"]: check for check in self.json("doctor", "doctor", status=NO_RADIO)["checks"]}
        self.assertFalse(checks["bus"]["ok"])
        self.assertIn("/nowhere", checks["bus"]["what"])
        self.assertRegex(checks["bus"]["remedy"], "apt install dbus|-v /run/dbus")
        for check in checks.values():
            self.assertEqual(check["ok"], check["remedy"] is None, check)

    def test_people_get_a_mark_for_each_check_and_the_remedies_below(self):
        done = self.doctor()
        self.assertIn(done.returncode, (DONE, NO_RADIO))
        self.assertRegex(done.stdout, "(?m)^✗ +bus +There is no system bus")
        self.assertRegex(done.stdout, "(?m)^bus: ")
        self.assertEqual(done.stderr, "")

    def test_it_takes_seconds_even_where_the_bus_hangs(self):
        silent = self.folder / "bus"
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(silent))
        listener.listen()
        begin = time.monotonic()
        done = self.doctor("--json", bus=f"unix:path={silent}")
        self.assertLess(time.monotonic() - begin, 20)
        self.assertIn("does not answer", done.stdout)


if __name__ == "__main__":
    unittest.main()
