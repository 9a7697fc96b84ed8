import unittest

from moor_program import DEMO, EPOCH, USAGE, Cli, report

TAG = "A4:CF:12:34:56:78"


class Track(Cli):
    def walk(self, *samples):
        return self.capture([(t, report(TAG, rssi, "020106", random=False)) for t, rssi in samples])

    def chapter(self):
        return self.walk(*enumerate((-68, -72, -65, -70, -66)))

    def test_the_worked_example(self):
        lines = self.lines("track", "track", TAG, "--radio", self.chapter())
        self.assertEqual([round(line["smoothed"], 1) for line in lines], [-68, -69.2, -67.9, -68.6, -67.8])
        self.assertEqual(lines[-1]["distance_m"], 2.25)
        self.assertEqual([line["zone"] for line in lines], [None, None, "near", "near", "near"])
        self.assertEqual(lines[2]["event"], "entered")
        self.assertEqual(lines[0]["t"], EPOCH)
        self.assertAlmostEqual(lines[-1]["distance_low_m"] / lines[-1]["distance_m"], 1 - 0.42, places=1)
        self.assertAlmostEqual(lines[-1]["distance_high_m"] / lines[-1]["distance_m"], 1 + 0.74, places=1)

    def test_minus_70_is_far(self):
        lines = self.lines("track", "track", "--radio", self.walk((0, -70), (1, -70), (2, -70)))
        self.assertEqual(lines[-1]["zone"], "far")

    def test_silence_is_a_loss(self):
        lines = self.lines("track", "track", "--radio", self.walk((0, -60), (1, -60), (2, -60), (100, -60)))
        lost = lines[3]
        self.assertEqual((lost["event"], lost["zone"], lost["rssi"], lost["t"]), ("lost", None, None, EPOCH + 32))
        self.assertIsNone(lines[4]["zone"], "after a loss everything begins anew")

    def test_options(self):
        def last(*options, walk=None):
            return self.lines("track", "track", "--radio", walk or self.chapter(), *options)[-1]
        self.assertEqual(last("--alpha", "1")["smoothed"], -66)
        self.assertEqual(last("--tx-power=-49")["distance_m"], round(10 ** ((-49 + 67.79) / 25), 2))
        self.assertEqual(last("--exponent", "2")["distance_m"], round(10 ** ((-59 + 67.79) / 20), 2))
        self.assertEqual(last("--min-samples", "6")["zone"], None)
        self.assertEqual(last("--near=-70", "--far=-75")["zone"], "immediate")
        self.assertEqual(last("--near=-40", "--far=-60")["zone"], "far")
        self.assertEqual(last("--tau", "1000000")["smoothed"], -68)
        reading = last("--reading-interval", "2", walk=self.walk((0, -60), (1, -70), (2.5, -50)))
        self.assertEqual(reading["rssi"], -65, "one reading, the mean of the window")

    def test_only_the_device_asked_for(self):
        self.assertEqual(self.lines("track", "track", "00:00:00:00:00:01", "--radio", self.chapter()), [])

    def test_contradictions_are_refused(self):
        self.moor("track", "--radio", self.chapter(), "--near=-80", status=USAGE)
        self.moor("track", "--radio", self.chapter(), "--alpha", "0", status=USAGE)
        self.moor("track", "--radio", self.chapter(), "--alpha", "nan", status=USAGE)
        self.moor("track", "nonsense", "--radio", self.chapter(), status=USAGE)

    def test_the_demo(self):
        zones = {line["zone"] for line in self.lines("track", "track", "--radio", f"replay:{DEMO}")}
        self.assertEqual(zones, {None, "immediate", "near", "far"})
        self.assertIn("entered near: 3 readings in a row", self.moor("track", "--radio", self.chapter()))


if __name__ == "__main__":
    unittest.main()
