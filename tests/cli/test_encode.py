import unittest

from moor_program import IBEACON, USAGE, Cli

CHAPTERS_UUID = "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0"


class Encode(Cli):
    def encode(self, *arguments):
        """The bytes as JSON has them, which are those that are printed."""
        told = self.json("encode", "encode", *arguments)
        self.assertEqual(self.moor("encode", *arguments).strip(), told["hex"])
        return told

    def test_an_ibeacon(self):
        told = self.encode("ibeacon", "--uuid", CHAPTERS_UUID, "--major", "1", "--minor", "101")
        self.assertEqual(told["hex"][6:], IBEACON[6:])
        self.assertEqual(told["beacon"], {"type": "iBeacon", "tx_power": -59, "uuid": CHAPTERS_UUID, "major": 1, "minor": 101})

    def test_an_altbeacon(self):
        told = self.encode("altbeacon", "--id", "01" * 20, "--company", "004c", "--power", "-65")
        self.assertEqual(told["hex"], "0201061bff4c00beac" + "01" * 20 + "bf00")
        self.assertEqual((told["format"], told["beacon"]["id"]), ("AltBeacon", "01" * 20))

    def test_eddystone_uid_counts_its_power_from_the_antenna(self):
        told = self.encode("eddystone-uid", "--namespace", "00112233445566778899", "--instance", "aabbccddeeff", "--power", "-61")
        self.assertIn("aafe00ec", told["hex"])  # -20 dBm at 0 m
        self.assertEqual((told["beacon"]["namespace"], told["beacon"]["tx_power"]), ("00112233445566778899", -61))

    def test_eddystone_url(self):
        self.assertEqual(self.encode("eddystone-url", "--url", "https://example.com/a")["beacon"]["url"], "https://example.com/a")

    def test_eddystone_tlm(self):
        told = self.encode("eddystone-tlm", "--battery", "3000", "--temperature", "21.5", "--adverts", "4294967295", "--uptime", "86400.1")
        self.assertEqual(told["beacon"], {"type": "Eddystone-TLM", "tx_power": None, "battery_mv": 3000, "temperature_c": 21.5,
                                          "adv_count": 4294967295, "uptime_s": 86400.1})
        self.assertIsNone(self.encode("eddystone-tlm")["beacon"]["battery_mv"])

    def test_bthome(self):
        told = self.encode("bthome", "--reading", "temperature=25", "--reading", "humidity=50.55", "--reading", "button=press",
                           "--reading", "motion=true")
        self.assertEqual(told["format"], "BTHome")
        values = {each["quantity"]: each["value"] for each in told["readings"]}
        self.assertEqual(values, {"temperature": 25, "humidity": 50.55, "button": "press", "motion": True})

    def test_a_ruuvitag(self):
        told = self.encode("ruuvi5", "--reading", "temperature=24.3", "--reading", "pressure=1000.44", "--reading", "voltage=2.977")
        values = {each["quantity"]: each["value"] for each in told["readings"] if each["value"] is not None}
        for quantity, value in (("temperature", 24.3), ("pressure", 1000.44), ("voltage", 2.977)):
            self.assertEqual(values[quantity], value)

    def test_what_is_missing_or_does_not_fit_is_refused(self):
        for arguments in (("ibeacon",), ("altbeacon", "--id", "01"), ("altbeacon", "--id", "01" * 20, "--company", "4c"),
                          ("eddystone-uid", "--namespace", "00" * 10), ("eddystone-url", "--url", "ftp://example.com"),
                          ("eddystone-url", "--url", "https://example.com/far-too-long-for-a-beacon"), ("beacon",),
                          ("bthome",), ("bthome", "--reading", "warmth=1"), ("bthome", "--reading", "temperature=warm"),
                          ("ruuvi5", "--reading", "carbon_dioxide=400"), ("ruuvi5", "--reading", "humidity"),
                          ("ibeacon", "--uuid", CHAPTERS_UUID, "--major", "65536"), ("ibeacon", "--uuid", "e2c5-xx"),
                          ("ibeacon", "--uuid", CHAPTERS_UUID, "--major", "-1"),
                          ("eddystone-uid", "--namespace", "00" * 10, "--instance", "00" * 6, "--power", "100")):
            self.moor("encode", *arguments, status=USAGE)


if __name__ == "__main__":
    unittest.main()
