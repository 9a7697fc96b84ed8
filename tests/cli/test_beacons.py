import unittest

from moor_program import DEMO, EPOCH, IBEACON, Cli, report

URL = "0303aafe0e16aafe10ed036d7973746f726507"  # https://mystore.com, -19 dBm at 0 m
TLM = "0303aafe1116aafe20000b1813000000146700002ac4"


class Beacons(Cli):
    def air(self):
        return self.capture([
            (0, report("C0:00:00:00:00:01", -60, IBEACON)),
            (1, report("C0:00:00:00:00:02", -70, IBEACON)),  # the same beacon from another address
            (2, report("C0:00:00:00:00:03", -65, IBEACON[:-4] + "c9c5")),
            (3, report("C0:00:00:00:00:04", -65, URL)),
            (4, report("C0:00:00:00:00:04", -65, TLM)),
            (5, report("C0:00:00:00:00:05", -80, "020106")),
        ])

    def test_a_beacon_is_who_it_says_it_is(self):
        beacons = self.json("beacons", "beacons", "--radio", self.air())
        self.assertEqual(beacons["total_beacons"], 3)
        self.assertEqual(beacons["by_type"], {"iBeacon": 2, "Eddystone-URL": 1})
        first = beacons["beacons"][0]
        self.assertEqual((first["type"], first["uuid"], first["major"], first["minor"], first["tx_power"]),
                         ("iBeacon", "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0", 1, 101, -59))
        self.assertEqual((first["address"], first["samples"]), ("C0:00:00:00:00:02", 2))
        self.assertEqual((first["first_seen"], first["last_seen"]), (EPOCH, EPOCH + 1))

    def test_telemetry_belongs_to_the_beacon_of_the_same_address(self):
        url = self.json("beacons", "beacons", "--radio", self.air())["beacons"][2]
        self.assertEqual(url["url"], "https://mystore.com")
        self.assertEqual(url["tx_power"], -60)
        self.assertEqual(url["telemetry"]["battery_mv"], 2840)
        self.assertEqual(url["telemetry"]["temperature_c"], 19)

    def test_zone_and_distance_come_from_the_beacons_own_power(self):
        air = self.capture([(t, report("C0:00:00:00:00:01", rssi, IBEACON)) for t, rssi in enumerate((-68, -72, -65, -70, -66))])
        beacon = self.json("beacons", "beacons", "--radio", air)["beacons"][0]
        self.assertEqual((beacon["smoothed"], beacon["distance_m"], beacon["zone"]), (-67.79, 2.25, "near"))

    def test_silent_beacons_can_be_left_out(self):
        beacons = self.json("beacons", "beacons", "--radio", self.air(), "--expire", "3")
        self.assertEqual(beacons["by_type"], {"Eddystone-URL": 1})

    def test_none_is_an_answer(self):
        air = self.capture([(0, report("C0:00:00:00:00:05", -80, "020106"))])
        self.assertEqual(self.json("beacons", "beacons", "--radio", air), {"total_beacons": 0, "by_type": {}, "beacons": []})
        self.assertIn("0 beacons", self.moor("beacons", "--radio", air))

    def test_the_demo(self):
        beacons = self.json("beacons", "beacons", "--radio", f"replay:{DEMO}")
        self.assertGreaterEqual(beacons["by_type"]["iBeacon"], 3)
        self.assertIn("iBeacon", self.moor("beacons", "--radio", f"replay:{DEMO}"))


if __name__ == "__main__":
    unittest.main()
