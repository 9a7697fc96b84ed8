import unittest

from moor_program import DEMO, FAILED, USAGE, Cli, report


class Record(Cli):
    def test_what_is_recorded_reads_back_the_same(self):
        copy = self.folder / "copy.btsnoop"
        done = self.json("record", "record", copy, "--radio", f"replay:{DEMO}")
        self.assertEqual(done["bytes"], copy.stat().st_size)
        self.assertEqual(done["dropped"], 0)
        original = self.json("scan", "scan", "--radio", f"replay:{DEMO}")
        again = self.json("scan", "scan", "--radio", f"replay:{copy}")
        self.assertEqual(done["adverts"], original["adverts"])
        for device in original["devices"] + again["devices"]:
            del device["radio"]
        self.assertEqual(again, original)

    def test_only_what_passes_the_filter(self):
        air = self.capture([(t, report("C0:00:00:00:00:01", rssi, "020106")) for t, rssi in enumerate((-50, -60, -70))])
        self.assertEqual(self.json("record", "record", self.folder / "near", "--radio", air, "--min-rssi=-60")["adverts"], 2)

    def test_h4_for_older_tools(self):
        self.moor("record", self.folder / "h4", "--radio", f"replay:{DEMO}", "--h4")
        self.assertEqual((self.folder / "h4").read_bytes()[:16], b"btsnoop\0\0\0\0\1\0\0\x03\xea")

    def test_replaces_no_file_unasked(self):
        path = self.folder / "mine"
        path.write_text("precious")
        self.moor("record", path, "--radio", f"replay:{DEMO}", status=USAGE)
        self.assertEqual(path.read_text(), "precious")
        self.moor("record", path, "--radio", f"replay:{DEMO}", "--force")
        self.assertTrue(path.read_bytes().startswith(b"btsnoop\0"))

    def test_a_full_disk_is_said(self):
        self.moor("record", "/dev/full", "--force", "--radio", f"replay:{DEMO}", status=FAILED)
        self.assertIn("/dev/full", self.errors)

    def test_a_folder_that_is_not_there(self):
        self.moor("record", self.folder / "no" / "such", "--radio", f"replay:{DEMO}", status=FAILED)
        self.assertIn("no/such", self.errors)


if __name__ == "__main__":
    unittest.main()
