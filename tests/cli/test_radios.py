import unittest

from moor_program import DEMO, USAGE, Cli


class Radios(Cli):
    def test_a_recording_is_ready(self):
        radio = self.json("radios", "radios", "--radio", f"replay:{DEMO}")["radios"][0]
        self.assertEqual((radio["kind"], radio["state"], radio["slots"], radio["holders"]), ("replay", "ready", None, []))
        self.assertIn("btsnoop", radio["detail"])

    def test_one_that_cannot_be_used_comes_with_advice(self):
        radios = self.json("radios", "radios", "--radio", "replay:/no/such/file", "--radio", "bluez:hci9")["radios"]
        self.assertEqual([radio["state"] for radio in radios], ["not available", "not available"])
        self.assertIn("/no/such/file", radios[0]["detail"])
        self.assertTrue(radios[1]["advice"])

    def test_a_spec_that_is_none_is_wrong_usage(self):
        self.moor("radios", "--radio", "usb:0", status=USAGE)
        self.assertIn("replay:CAPTURE", self.errors)


if __name__ == "__main__":
    unittest.main()
