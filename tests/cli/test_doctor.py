import os
import socket
import subprocess
import time
import unittest

from moor_program import DEMO, DONE, FAILED, NO_RADIO, PROGRAM, Cli


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

    def surroundings(self, text, status=DONE):
        """The checks of a gateway that needs no adapter."""
        path = self.folder / "moor.toml"
        path.write_text(f"[gateway]\ndata_dir = '{self.folder}'\n[[radio]]\nspec = 'replay:{DEMO}'\n{text}")
        return {check["name"]: check for check in self.json("doctor", "doctor", "--config", path, status=status)["checks"]}

    def test_of_a_gateway_that_can_run_all_is_well(self):
        checks = self.surroundings("[store]\npath = 'moor.db'\n[serve]\nport = 0\n")
        self.assertTrue(checks["store"]["ok"] and checks["port"]["ok"], checks)
        self.assertNotIn("bus", checks, "no adapter is asked for")

    def test_what_a_gateway_lacks_is_told_with_its_remedy(self):
        (self.folder / "token").write_text("secret\n")
        (self.folder / "token").chmod(0o644)
        (self.folder / "cert.pem").write_text("no certificate")
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            checks = self.surroundings(
                "[store]\npath = 'nowhere/moor.db'\n"
                f"[serve]\nport = {port}\ntoken_file = 'token'\ncert_file = 'cert.pem'\nkey_file = 'key.pem'\n"
                "[mqtt]\nhost = '127.0.0.1'\nport = 1\npassword_file = 'password'\nuser = 'moor'\n", status=FAILED)
        for name, words in (("store", "cannot be written to"), ("port", "is in use"), ("token", "read by everybody"), ("server's certificate", "cert.pem"),
                            ("broker's password", "cannot be read"), ("broker", "password")):
            self.assertFalse(checks[name]["ok"], name)
            self.assertIn(words, checks[name]["what"], name)
            self.assertTrue(checks[name]["remedy"], name)

    def test_a_broker_that_nobody_is_at_is_told(self):
        checks = self.surroundings("[serve]\nenabled = false\n[mqtt]\nhost = '127.0.0.1'\nport = 1\n", status=FAILED)
        self.assertFalse(checks["broker"]["ok"])
        self.assertTrue(checks["broker"]["remedy"])


if __name__ == "__main__":
    unittest.main()
