import json
import signal
import sqlite3
import time
import unittest

from moor_program import DEMO, DONE, FAILED, INTERRUPTED, USAGE, Cli, btsnoop, report
from validate import faults, load

TAG = "A4:CF:12:34:56:78"
EVERY_SAMPLE = "[presence]\nreading_interval_s = 0\n"  # time is compressed, so a second is too long for a reading


class Gateway(Cli):
    def config(self, capture=None, extra="", store=True):
        path = self.folder / "moor.toml"
        text = f'[[radio]]\nspec = "{capture or f"replay:{DEMO}"}"\n'
        if store:
            text += f'[store]\npath = "{self.folder}/moor.db"\n'
        path.write_text(text + extra)
        return path

    def rows(self, sql):
        with sqlite3.connect(self.folder / "moor.db") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return database.execute(sql).fetchall()

    def walk(self):
        """Comes near, stays, falls silent; then another device a minute later."""
        samples = [(t, report(TAG, -60, "020106", random=False)) for t in range(10)]
        return self.capture(samples + [(120, report("C0:00:00:00:00:01", -80, "020106"))])

    def test_a_walk_becomes_events_and_rows(self):
        config = self.config(self.walk())
        lines = self.lines("gateway", "gateway", "--config", config)
        events = [line["event"] for line in lines]
        self.assertEqual((events[0], events[-1]), ("started", "stopped"))
        zones = [(line["cause"], line["zone"]) for line in lines if line["event"] == "zone"]
        self.assertEqual(zones, [("entered", "near"), ("lost", None)])
        visit = next(line for line in lines if line["event"] == "visit")
        self.assertEqual((visit["zone"], visit["end"]), ("near", "lost"))
        self.assertEqual(visit["left"] - visit["entered"], visit["dwell_s"])
        self.assertEqual(lines[-1]["statistics"]["adverts"], 11)
        stored = self.rows("SELECT count(*), sum(dwell) / 1e6 FROM visits")
        self.assertEqual(stored, [(1, visit["dwell_s"])])
        self.assertEqual(self.rows("SELECT sum(sightings) FROM devices"), [(11,)])

    def test_no_address_is_kept_by_default(self):
        text = self.moor("gateway", "--config", self.config(self.walk()), "--json")
        self.assertNotIn(TAG, text)
        self.assertEqual(self.rows("SELECT count(*) FROM devices WHERE address IS NOT NULL"), [(0,)])
        (self.folder / "moor.db").unlink()
        text = self.moor("gateway", "--config", self.config(self.walk(), '[privacy]\nstore_addresses = "all"\n'), "--json")
        self.assertIn(TAG, text)

    def test_the_demo_recording_in_full(self):
        lines = self.lines("gateway", "gateway", "--config", self.config())
        kinds = {line["event"] for line in lines}
        self.assertLessEqual({"device", "beacon", "reading", "zone", "visit", "traffic"}, kinds)
        statistics = lines[-1]["statistics"]
        self.assertEqual(set(statistics["dropped"].values()), {0})
        for table in ("devices", "beacons", "readings", "zone_events", "visits"):
            self.assertGreater(self.rows(f"SELECT count(*) FROM {table}")[0][0], 0, table)
        self.assertEqual(self.rows("SELECT count(*) FROM zone_events")[0][0], statistics["zone_events"])

    def test_the_same_recording_gives_the_same_events(self):
        config = self.config(store=False, extra='[privacy]\nstore_addresses = "all"\n')
        first = self.moor("gateway", "--config", config, "--json")
        self.assertEqual(self.moor("gateway", "--config", config, "--json"), first)

    def test_interrupted_it_ends_visits_and_writes_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("gateway", "--config", self.config(f"replay:{DEMO}?speed=20&loop", EVERY_SAMPLE), "--json")
            lines = []
            for text in process.stdout:
                lines.append(json.loads(text))
                if lines[-1]["event"] == "zone":
                    break
            process.send_signal(number)
            rest, errors = process.communicate(timeout=60)
            lines += [json.loads(text) for text in rest.splitlines()]
            self.assertEqual(process.returncode, INTERRUPTED, errors)
            self.assertEqual((lines[-1]["event"], lines[-1]["reason"]), ("stopped", "interrupted"))
            for line in lines:
                self.assertEqual(faults(load("gateway"), json.dumps(line), "line"), [])
            self.assertEqual(self.rows('SELECT count(*) FROM visits WHERE "left" IS NULL'), [(0,)])
            self.assertEqual(self.rows("SELECT count(*) FROM zone_events")[0][0], lines[-1]["statistics"]["zone_events"])
            (self.folder / "moor.db").unlink()

    def test_killed_it_leaves_a_whole_database(self):
        process = self.start("gateway", "--config", self.config(f"replay:{DEMO}?speed=50&loop", EVERY_SAMPLE), "--json")
        seen = 0
        for text in process.stdout:
            seen += json.loads(text)["event"] == "zone"
            if seen == 30:
                break
        process.kill()
        process.wait()
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM zone_events")[0][0], 0)
        self.moor("gateway", "--config", self.config(self.walk()))

    def test_a_damaged_recording_ends_it_with_all_that_was_heard(self):
        path = self.folder / "cut.btsnoop"
        path.write_bytes(btsnoop([(t, report(TAG, -60, "020106", random=False)) for t in range(10)])[:-3])
        lines = self.lines("gateway", "gateway", "--config", self.config(f"replay:{path}"), status=FAILED)
        self.assertEqual(lines[-1]["reason"], "failed")
        self.assertEqual(lines[-1]["statistics"]["adverts"], 9)
        self.assertIn("cut.btsnoop", self.errors)

    def test_a_wrong_configuration_names_line_and_key(self):
        path = self.config(extra="[presence]\nalpa = 0.2\nnear_dbm = -80\n")
        self.moor("gateway", "--config", path, status=USAGE)
        self.assertRegex(self.errors, r"moor\.toml:6:.*alpa")
        self.assertIn("alpha", self.errors)
        self.moor("gateway", "--config", self.folder / "missing.toml", status=USAGE)
        self.assertIn("missing.toml", self.errors)

    def test_init_writes_what_check_explains(self):
        path = self.folder / "new.toml"
        self.moor("gateway", "--init", "--config", path)
        self.assertIn("alpha", path.read_text())
        self.assertIn("near_dbm", self.moor("gateway", "--check", "--config", path))
        self.moor("gateway", "--init", "--config", path, status=USAGE)

    def test_a_store_that_cannot_be_opened_is_said_before_anything_runs(self):
        (self.folder / "moor.db").write_bytes(b"this is no database" * 100)
        self.moor("gateway", "--config", self.config(self.walk()), "--json", status=FAILED)
        self.assertIn("moor.db", self.errors)
        self.assertEqual((self.folder / "moor.db").read_bytes(), b"this is no database" * 100)

    def test_a_hang_up_reads_the_file_anew_and_nobody_leaves(self):
        """The demo in real time: the visits that go on are the same ones afterwards; a wrong file changes nothing."""
        path = self.config(f"replay:{DEMO}?speed=1&loop", "[serve]\nport = 0\n" + EVERY_SAMPLE)
        gateway = self.start("gateway", "--config", path, "--json")
        seen = []

        def read_until(event, most=2000):
            for _ in range(most):
                seen.append(json.loads(gateway.stdout.readline()))
                if event(seen[-1]):
                    return seen[-1]
            self.fail(f"not seen; the last was {seen[-1]}")

        is_started = lambda line: line["event"] == "started"
        read_until(is_started)
        present = read_until(lambda line: line["event"] == "zone" and line["from"] is None)["device"]

        right = path.read_text()
        path.write_text(right + "nonsense = 1\n")
        gateway.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        path.write_text(right + "min_samples = 2\n")
        before = len(seen)
        gateway.send_signal(signal.SIGHUP)
        read_until(is_started)
        read_until(lambda line: line["event"] == "zone" and line["device"] != present)
        after = seen[before:]
        self.assertEqual(len([line for line in after if line["event"] == "started"]), 1, "the wrong file began nothing")
        self.assertEqual([line for line in after if line["event"] == "zone" and line["device"] == present and line["zone"] is None], [])
        gateway.send_signal(signal.SIGTERM)
        _, errors = gateway.communicate(timeout=20)
        self.assertIn("nonsense", errors)
        validator = load("gateway")
        for line in seen:
            self.assertEqual(faults(validator, json.dumps(line), "line"), [])

    def test_the_demo_runs_until_told(self):
        self.assertIn("advertisements", self.moor("gateway", "--demo", "--duration", "1") + self.errors)

    def test_there_must_be_something_to_run(self):
        self.moor("gateway", status=USAGE)
        self.moor("gateway", "--demo", "--config", "x", status=USAGE)
        self.assertIn("either", self.errors)


if __name__ == "__main__":
    unittest.main()
