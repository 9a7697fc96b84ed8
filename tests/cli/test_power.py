import unittest

from moor_program import USAGE, Cli


class Power(Cli):
    def test_the_chapters_beacon_with_the_sum_done_right(self):
        life = self.json("power", "power", "--event-current", "8", "--event-duration", "3", "--interval", "1000", "--capacity", "1000")
        self.assertEqual(life["mah_per_day"], 0.576)
        self.assertEqual(round(life["days"]), 1736)
        self.assertEqual(life["years"], 4.75)

    def test_ten_times_as_often(self):
        self.assertEqual(round(self.json("power", "power", "--interval", "100")["days"]), 174)

    def test_sleep_and_self_discharge_count(self):
        life = self.json("power", "power", "--sleep-current", "2", "--self-discharge", "2")
        self.assertAlmostEqual(life["mah_per_day"], 0.576 + 0.048 * 0.997 + 20 / 365.25, places=3)
        self.assertGreaterEqual(len(life["steps"]), 4)

    def test_nothing_draws_current(self):
        self.assertIsNone(self.json("power", "power", "--event-current", "0")["days"])
        self.assertIn("for ever", self.moor("power", "--event-current", "0"))

    def test_a_plan_names_every_decision(self):
        plan = self.json("power", "power", "--plan", "--data-rate", "1", "--latency", "3", "--lifetime", "300")
        self.assertEqual(plan["shortfalls"], [])
        text = " ".join(step["decision"] for step in plan["steps"])
        for decision in ("data rate", "connection interval", "latency", "advertising interval", "sleep", "power"):
            self.assertIn(decision, text)

    def test_a_wish_that_cannot_be_met_is_said_with_what_would_help(self):
        plan = self.json("power", "power", "--plan", "--lifetime", "100000")
        self.assertTrue(plan["shortfalls"])

    def test_what_makes_no_sense_is_refused(self):
        self.moor("power", "--latency", "3", status=USAGE)
        self.moor("power", "--plan", "--interval", "100", status=USAGE)
        self.moor("power", "--interval", "0", status=USAGE)
        self.moor("power", "--capacity=-5", status=USAGE)
        self.moor("power", "--event-duration", "2000", status=USAGE)  # longer than the interval

    def test_a_person_gets_the_arithmetic(self):
        self.assertIn("0.576", self.moor("power"))


if __name__ == "__main__":
    unittest.main()
