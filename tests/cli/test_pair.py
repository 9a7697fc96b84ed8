"""pair and unpair, on simulated worlds in virtual time. Who types what is in tests/sim and tests/bluez."""

import unittest

from moor_program import NOT_FOUND, USAGE, Cli

SENSOR = "A4:CF:12:34:56:78"
WORLD = """
name = "one lock"
[[radio]]
name = "hall"
position = [0, 0]
[[device]]
name = "Lock"
address = "A4:CF:12:34:56:78"
position = [1, 0]
{device}
[[device.service]]
uuid = "180f"
[[device.service.characteristic]]
uuid = "2a19"
properties = ["read"]
value = {{ hex = "55" }}
needs_encryption = true
"""


class Pair(Cli):
    def world(self, device=""):
        path = self.folder / "world.toml"
        path.write_text(WORLD.format(device=device))
        return f"sim:{path}?speed=max"

    def test_a_device_that_asks_for_nothing(self):
        paired = self.json("pair", "pair", SENSOR, "--radio", self.world())
        self.assertEqual(paired, {"address": SENSOR, "paired": True, "bonded": True})
        self.assertEqual(self.moor("pair", SENSOR, "--radio", self.world()), f"{SENSOR} is paired and bonded\n")

    def test_a_device_that_does_not_pair(self):
        self.moor("pair", SENSOR, "--radio", self.world("bonds = false"), status=1)
        self.assertIn("does not want to be paired", self.errors)

    def test_what_needs_encryption_is_read_once_paired(self):
        self.moor("read", SENSOR, "2a19", "--radio", self.world(), status=1)
        self.assertIn("Pair with the device", self.errors)
        self.assertEqual(self.json("read", "read", SENSOR, "2a19", "--pair", "--radio", self.world())["value"], "55")

    def test_a_passkey_has_six_digits_at_most(self):
        self.moor("pair", SENSOR, "--passkey", "1000000", "--radio", self.world(), status=USAGE)

    def test_what_nobody_knows_cannot_be_forgotten(self):
        self.moor("unpair", SENSOR, "--radio", self.world(), status=NOT_FOUND)
        self.assertIn("not paired", self.errors)


if __name__ == "__main__":
    unittest.main()
