import unittest

from moor_program import DEMO, EPOCH, FAILED, IBEACON, NO_RADIO, Cli, btsnoop, report

SENSOR, PHONE = "C4:CF:12:34:56:78", "4A:00:00:00:00:02"
NAMED = "0d094553503332" + "2d53656e736f72"  # "ESP32-Sensor"


class Scan(Cli):
    def air(self):
        return self.capture([
            (0.0, report(SENSOR, -48, "0201060303 0f18".replace(" ", ""))),
            (0.1, report(SENSOR, -42, NAMED, kind=0x04)),
            (1.0, report(PHONE, -80, "0201060bff4c001006191e7b1c4d5e")),
            (1.5, report(PHONE, 127, "0201060bff4c001006191e7b1c4d5e")),
            (2.0, report(SENSOR, -45, "02010603030f18")),
            (9.0, report("00:11:22:33:44:55", -60, IBEACON, random=False)),
        ])

    def test_counts_samples_and_merges_a_device(self):
        scan = self.json("scan", "scan", "--radio", self.air())
        self.assertEqual(scan["adverts"], 6)
        self.assertEqual(scan["duration_s"], 9.0)
        sensor = scan["devices"][0]
        self.assertEqual((sensor["address"], sensor["address_type"], sensor["name"]), (SENSOR, "random", "ESP32-Sensor"))
        self.assertEqual(sensor["samples"], 3)
        self.assertEqual(sensor["rssi"], {"min": -48, "max": -42, "mean": -45, "stddev": 3})
        self.assertEqual(sensor["service_uuids"], ["0000180f-0000-1000-8000-00805f9b34fb"])
        self.assertEqual([part["type"] for part in sensor["ad"]], [1, 3, 9])
        self.assertAlmostEqual(sensor["distance_m"], 10 ** ((-59 + 45) / 25), places=2)

    def test_an_rssi_of_127_is_no_sample(self):
        phone = next(d for d in self.json("scan", "scan", "--radio", self.air())["devices"] if d["address"] == PHONE)
        self.assertEqual(phone["samples"], 1)
        self.assertIsNone(phone["rssi"]["stddev"])
        self.assertEqual(phone["manufacturer_data"], {"004c": "1006191e7b1c4d5e"})

    def test_a_beacon_is_named_and_its_own_power_makes_its_distance(self):
        beacon = next(d for d in self.json("scan", "scan", "--radio", self.air())["devices"] if d["beacon"])
        self.assertEqual(beacon["beacon"], {"type": "iBeacon", "tx_power": -59, "uuid": "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0",
                                            "major": 1, "minor": 101})
        self.assertEqual(beacon["address_type"], "public")

    def test_filters(self):
        def found(*options):
            return sorted(d["address"] for d in self.json("scan", "scan", "--radio", self.air(), *options)["devices"])
        self.assertEqual(found("--min-rssi", "-48"), [SENSOR])
        self.assertEqual(found("--min-rssi", "-47"), [SENSOR])
        self.assertEqual(found("--min-rssi=-20"), [])
        self.assertEqual(found("--name", "ESP32*"), [SENSOR])
        self.assertEqual(found("--service", "180F"), [SENSOR])
        self.assertEqual(found("--manufacturer", "004c"), ["00:11:22:33:44:55", PHONE])
        self.assertEqual(found("--manufacturer", "0x004C"), ["00:11:22:33:44:55", PHONE])
        self.assertEqual(found("--address", PHONE.lower(), "--address", SENSOR), [PHONE, SENSOR])
        self.assertEqual(found("--duration", "0.5"), [SENSOR])

    def test_follow_prints_a_line_for_each_advertisement(self):
        lines = self.lines("scan-follow", "scan", "--follow", "--radio", self.air())
        self.assertEqual(len(lines), 6)
        self.assertEqual([line["rssi"] for line in lines], [-48, -42, -80, None, -45, -60])
        self.assertEqual(lines[0]["t"], EPOCH)
        self.assertTrue(lines[1]["scan_response"])

    def test_several_recordings_are_one_air(self):
        first = self.capture([(0, report(SENSOR, -50, "020106"))], "a.btsnoop")
        second = self.capture([(1, report(SENSOR, -60, "020106"))], "b.btsnoop")
        scan = self.json("scan", "scan", "--radio", first, "--radio", second)
        self.assertEqual(scan["devices"][0]["samples"], 2)
        self.assertEqual(scan["devices"][0]["radio"], second)

    def test_a_damaged_recording_gives_what_was_readable_then_the_error(self):
        path = self.folder / "cut.btsnoop"
        path.write_bytes(btsnoop([(0, report(SENSOR, -50, "020106")), (1, report(PHONE, -50, "020106"))])[:-5])
        scan = self.json("scan", "scan", "--radio", f"replay:{path}", status=FAILED)
        self.assertEqual([d["address"] for d in scan["devices"]], [SENSOR])
        self.assertIn("cut.btsnoop", self.errors)
        self.assertRegex(self.errors, r"\b\d+\b")

    def test_what_is_no_recording_is_refused(self):
        for name, content in (("empty", b""), ("text", b"hello world, this is no capture\n" * 10), ("zeros", bytes(1000))):
            path = self.folder / name
            path.write_bytes(content)
            self.assertEqual(self.moor("scan", "--radio", f"replay:{path}", status=FAILED), "")
            self.assertIn(name, self.errors)
        self.moor("scan", "--radio", f"replay:{self.folder}/missing", status=FAILED)
        self.assertIn("missing", self.errors)

    def test_without_a_radio_it_says_what_to_do(self):
        self.moor("scan", "--radio", "bluez:hci99", status=NO_RADIO)
        self.assertIn("moor doctor", self.errors)
        self.assertIn("replay:", self.errors)

    def test_a_person_gets_a_table(self):
        table = self.moor("scan", "--radio", f"replay:{DEMO}")
        self.assertIn("ADDRESS", table)
        self.assertIn("iBeacon", table)
        self.assertNotIn("\x1b", table)
        self.assertRegex(table, r"\d+ devices, \d+ advertisements in")

    def test_the_demo_fits_the_schema_too(self):
        self.assertGreater(len(self.json("scan", "scan", "--radio", f"replay:{DEMO}")["devices"]), 10)

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w") as full:
            self.assertNotEqual(self.moor_to(full, "scan", "--radio", self.air(), "--json"), 0)


if __name__ == "__main__":
    unittest.main()
