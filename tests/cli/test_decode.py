import unittest

from moor_program import IBEACON, USAGE, Cli


class Decode(Cli):
    def decode(self, *arguments):
        return self.json("decode", "decode", *arguments)

    def meanings(self, payload):
        return [structure["meaning"] for structure in self.decode(payload)["ad"]]

    def test_a_beacon_is_taken_apart(self):
        told = self.decode(IBEACON)
        self.assertEqual([(each["offset"], each["length"], each["type"]) for each in told["ad"]], [(0, 2, 1), (3, 26, 255)])
        self.assertEqual(told["ad"][1]["meaning"], "004c (Apple, Inc.), 23 bytes")
        self.assertEqual((told["format"], told["beacon"]["minor"], told["beacon"]["tx_power"]), ("iBeacon", 101, -59))
        self.assertIsNone(told["error"])

    def test_flags_are_said_bit_by_bit(self):
        self.assertEqual(self.meanings("020106"), ["LE general discoverable, no BR/EDR"])
        self.assertEqual(self.meanings("020180"), ["reserved bit 7"])
        self.assertEqual(self.meanings("020100"), ["none"])

    def test_uuids_have_names(self):
        self.assertEqual(self.meanings("05030d180f18"), ["180d (Heart Rate), 180f (Battery)"])
        self.assertEqual(self.meanings("0416aafe20"), ["feaa (Google LLC), 1 bytes"])
        self.assertEqual(self.meanings("11079ecadc240ee5a9e093f3a3b50100406e"), ["6e400001-b5a3-f393-e0a9-e50e24dcca9e"])

    def test_what_else_a_device_says_of_itself(self):
        for payload, meaning in (("0409486579", "Hey"), ("020af4", "-12 dBm"), ("03194103", "0341 (Heart Rate Belt)"),
                                 ("05120600ffff", "7.5 ms to any"), ("031aa000", "100 ms"), ("021c02", "peripheral preferred"),
                                 ("0524172f2f61", "https://a"), ("081b66554433221100", "11:22:33:44:55:66 (public)")):
            self.assertEqual(self.meanings(payload), [meaning], payload)

    def test_a_structure_that_is_too_short_says_so(self):
        for payload in ("0101", "02ff4c", "020341", "021602", "0119", "011a", "031b0000", "010a"):
            self.assertEqual(self.meanings(payload), ["shorter than its type needs"], payload)

    def test_damage_is_told_with_its_place_and_all_before_it_is_kept(self):
        told = self.decode("02010605ff4c")
        self.assertEqual(len(told["ad"]), 1)
        self.assertEqual(told["error"]["offset"], 3)

    def test_every_byte_may_be_the_last(self):
        for end in range(2, len(IBEACON), 2):
            self.decode(IBEACON[:end])

    def test_a_type_that_nobody_assigned_is_kept(self):
        structure = self.decode("03601234")["ad"][0]
        self.assertEqual((structure["name"], structure["value"], structure["meaning"]), ("Unknown", "1234", None))

    def test_hexadecimal_may_have_blanks_and_a_prefix(self):
        self.assertEqual(self.decode("0x02 01 06")["hex"], "020106")

    # bthome.io, "Encryption": its example.
    def test_an_encrypted_format_is_read_with_its_key(self):
        payload, address = "1216d2fc41a47266c95f730011223378237214", "54:48:E6:8F:80:A5"
        self.assertIsNone(self.decode(payload)["error"]["offset"])
        told = self.decode(payload, "--address", address, "--key", "231d39c1d7cc1ab1aee224cd096db932")
        self.assertEqual([(each["quantity"], each["value"]) for each in told["readings"]], [("temperature", 25.06), ("humidity", 50.55)])
        wrong = self.decode(payload, "--address", address, "--key", "00" * 16, "--key-kind", "bthome")
        self.assertEqual((wrong["format"], wrong["readings"]), ("BTHome", []))
        self.assertIn("key", wrong["error"]["what"])

    def test_what_makes_no_sense_is_refused(self):
        self.moor("decode", "xyz", status=USAGE)
        self.moor("decode", "0201 0", status=USAGE)
        self.moor("decode", "020106", "--key", "00", status=USAGE)
        self.moor("decode", "020106", "--key-kind", "bthome", status=USAGE)
        self.moor("decode", "020106", "--address", "here", status=USAGE)

    def test_a_person_gets_a_table(self):
        text = self.moor("decode", IBEACON)
        for words in ("MEANING", "Manufacturer Specific Data", "Apple, Inc.", "iBeacon"):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
