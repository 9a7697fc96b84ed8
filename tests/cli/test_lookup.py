import unittest

from moor_program import FAILED, USAGE, Cli


class Lookup(Cli):
    def look_up(self, *arguments):
        return self.json("lookup", "lookup", *arguments)

    def test_a_service_has_its_characteristics_and_its_use(self):
        found = self.look_up("180d")
        self.assertEqual((found["kind"], found["name"]), ("service", "Heart Rate"))
        self.assertEqual(found["uuid"], "0000180d-0000-1000-8000-00805f9b34fb")
        self.assertEqual([each["name"] for each in found["characteristics"]],
                         ["Heart Rate Measurement", "Body Sensor Location", "Heart Rate Control Point"])
        self.assertIn("sport watches", found["use"])

    def test_the_services_of_the_chapter(self):
        for number, name in (("180D", "Heart Rate"), ("0x180f", "Battery"), ("0000181a", "Environmental Sensing"),
                             ("00001816-0000-1000-8000-00805f9b34fb", "Cycling Speed and Cadence")):
            self.assertEqual(self.look_up(number)["name"], name)

    def test_a_number_that_is_several_things_lists_them_all(self):
        found = self.look_up("0341")
        self.assertEqual([each["kind"] for each in found["matches"]], ["company", "appearance"])
        self.assertIsNone(found["uuid"])
        self.assertIsNone(found["characteristics"])
        self.assertEqual(self.look_up("0341", "--kind", "appearance")["name"], "Heart Rate Belt")

    def test_two_digits_are_an_ad_type(self):
        found = self.look_up("ff")
        self.assertEqual((found["kind"], found["number"]), ("ad type", "ff"))

    def test_a_name_is_found_in_either_case_and_by_a_part(self):
        self.assertEqual(self.look_up("battery")["number"], "180f")
        self.assertEqual(self.look_up("Battery Service")["number"], "180f")
        self.assertEqual(self.look_up("apple, inc.")["number"], "004c")
        self.assertEqual(self.look_up("umidi")["number"], "2a6f")

    def test_several_matches_come_best_first_up_to_the_limit(self):
        found = self.look_up("heart rate", "--limit", "3")
        self.assertEqual(len(found["matches"]), 3)
        self.assertGreater(found["total_matches"], 3)
        self.assertEqual(found["matches"][0]["number"], found["number"])

    def test_what_has_no_name_is_said(self):
        self.moor("lookup", "no such thing", status=FAILED)
        self.assertIn("part of a name", self.errors)
        self.moor("lookup", "6e400001-b5a3-f393-e0a9-e50e24dcca9e", status=FAILED)
        self.assertIn("maker", self.errors)
        self.moor("lookup", status=USAGE)
        self.moor("lookup", "180d", "--kind", "thing", status=USAGE)

    def test_a_person_gets_lines(self):
        text = self.moor("lookup", "180f")
        for words in ("Battery, service 180f", "2a19  Battery Level"):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
