import unittest
from pathlib import Path

from moor_program import NO_RADIO, USAGE, Cli

WORLDS = Path(__file__).resolve().parents[2] / "examples" / "worlds"


class Sim(Cli):
    def world(self, text):
        path = self.folder / "world.toml"
        path.write_text(text)
        return path

    def test_every_example_is_right_and_can_be_described(self):
        for path in sorted(WORLDS.glob("*.toml")):
            self.assertEqual(self.moor("sim", path, "--check"), "ok\n")
            described = self.json("sim", "sim", path)
            self.assertEqual(sum(each["count"] for each in described["devices"]), described["device_count"])
            self.assertIn(described["radios"][0]["name"], self.moor("sim", path, "--describe"))

    def test_check_tells_every_mistake(self):
        path = self.world("sead = 1\n[[radio]]\nname = 'a'\nslots = 0\n")
        self.assertEqual(self.moor("sim", path, "--check", status=USAGE), "")
        self.assertIn("world.toml:1:1: sead is not known; did you mean 'seed'?", self.errors)
        self.assertIn("world.toml:4:9: radio.slots is 0", self.errors)
        self.assertIn("docs/worlds.md", self.errors)

    def test_the_shop_has_its_customers_in_one_line(self):
        described = self.json("sim", "sim", WORLDS / "shop.toml")
        customers = described["devices"][0]
        self.assertEqual((customers["count"], customers["format"], customers["movement"]), (50, "iBeacon", "walks about"))

    def test_a_run_tells_who_was_heard(self):
        path = self.world("[[device]]\nname = 'near'\naddress = 'A4:CF:12:34:56:78'\nposition = [1, 0]\n"
                          "[[device]]\nname = 'far'\nposition = [9000, 0]\n")
        ran = self.json("sim", "sim", path, "--run", "--duration", "100")
        self.assertEqual(ran["duration_s"], 100)
        near, far = ran["devices"]
        self.assertGreater(near["sent"], 90)
        self.assertGreater(near["heard"], 50)
        self.assertLess(near["rssi"]["min"], near["rssi"]["max"])
        self.assertEqual((far["heard"], far["rssi"]), (0, None))
        self.assertEqual(ran, self.json("sim", "sim", path, "--run", "--duration", "100"), "the same world, the same run")
        self.assertIn("near", self.moor("sim", path, "--run", "--duration", "10"))

    def test_what_makes_no_sense_is_refused(self):
        path = self.world("")
        self.moor("sim", status=USAGE)
        self.moor("sim", path, "--check", "--run", status=USAGE)
        self.moor("sim", path, "--duration", "3", status=USAGE)
        self.moor("sim", self.folder / "none.toml", status=USAGE)
        self.moor("sim", path, "--vhci", "--run", status=USAGE)
        self.moor("sim", path, "--legacy", status=USAGE)
        self.moor("sim", path, "--no-duplicate-filter", status=USAGE)

    @unittest.skipIf(Path("/dev/vhci").exists(), "this machine has virtual controllers")
    def test_without_virtual_controllers_the_command_that_mends_it_is_named(self):
        self.moor("sim", self.world(""), "--vhci", status=NO_RADIO)
        self.assertIn("modprobe hci_vhci", self.errors)


if __name__ == "__main__":
    unittest.main()
