import csv
import io
import json
import sqlite3
import unittest

from moor_program import FAILED, USAGE, Cli, report

DAY = 1_699_920_000  # 2023-11-14T00:00Z
HOUR = 3600


class Query(Cli):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "moor.db"
        self.config = self.folder / "moor.toml"
        capture = self.capture([(0, report("A4:CF:12:34:56:78", -60, "020106", random=False))])
        self.config.write_text(f'[[radio]]\nspec = "{capture}"\n[store]\npath = "{self.store}"\n')
        self.moor("gateway", "--config", self.config)  # which makes the file
        self.fill("DELETE FROM visits; DELETE FROM zone_events; DELETE FROM minutes; DELETE FROM traffic; DELETE FROM devices")
        self.fill("INSERT INTO devices (id, identity, name, first_seen, last_seen, sightings, rssi_samples) VALUES "
                  f"(1, 'a', 'Hall, \"left\"', {DAY}000000, {DAY + HOUR}000000, 7, 0), (2, 'b', NULL, {DAY}000000, {DAY}000000, 1, 0)")

    def fill(self, sql):
        database = sqlite3.connect(self.store)
        database.executescript(sql)
        database.close()

    def visit(self, device, zone, after, dwell):
        entered = (DAY + after) * 1_000_000
        left = "NULL" if dwell is None else entered + dwell * 1_000_000
        self.fill(f'INSERT INTO visits (device, zone, entered, "left") VALUES ({device}, \'{zone}\', {entered}, {left})')

    def visits(self):
        for device, after, dwell in ((1, 9 * HOUR, 10), (2, 9 * HOUR + 60, 20), (1, 9 * HOUR + 90, 60), (2, 26 * HOUR, 40)):
            self.visit(device, "near", after, dwell)
        self.visit(1, "far", 30 * HOUR, None)

    def ask(self, *arguments):
        return self.json("query", "query", *arguments, "--store", self.store)

    def test_visits_come_newest_first_with_their_moments_as_text(self):
        self.visits()
        rows = self.ask("visits")["rows"]
        self.assertEqual([row["zone"] for row in rows], ["far", "near", "near", "near", "near"])
        self.assertEqual((rows[0]["left"], rows[0]["dwell_s"]), (None, None))
        self.assertEqual((rows[1]["device"], rows[1]["entered"], rows[1]["left"], rows[1]["dwell_s"]),
                         ("b", "2023-11-15T02:00:00.000Z", "2023-11-15T02:00:40.000Z", 40))
        self.assertEqual(len(self.ask("visits", "--open")["rows"]), 1)
        answer = self.ask("visits", "--limit", 2)
        self.assertEqual((len(answer["rows"]), answer["more"]), (2, True))

    def test_visits_are_narrowed_by_time_device_and_zone(self):
        self.visits()
        self.assertEqual(len(self.ask("visits", "--device", "a")["rows"]), 3)
        self.assertEqual(len(self.ask("visits", "--zone", "far")["rows"]), 1)
        self.assertEqual(len(self.ask("visits", "--from", "2023-11-15", "--until", "2023-11-15T03:00Z")["rows"]), 1)
        self.assertEqual(len(self.ask("events", "--from", "7 d")["rows"]), 0)

    def test_dwell_by_hour_day_and_zone(self):
        self.visits()
        days = self.ask("dwell")["rows"]
        self.assertEqual([(row["from"], row["visits"]) for row in days], [("2023-11-15T00:00:00.000Z", 1), ("2023-11-14T00:00:00.000Z", 3)])
        self.assertEqual((days[1]["mean_s"], days[1]["median_s"], days[1]["longest_s"]), (30, 20, 60))
        self.assertEqual([row["from"] for row in self.ask("dwell", "--by", "hour")["rows"]],
                         ["2023-11-15T02:00:00.000Z", "2023-11-14T09:00:00.000Z"])
        [zone] = self.ask("dwell", "--by", "zone")["rows"]
        self.assertEqual((zone["from"], zone["zone"], zone["visits"]), (None, "near", 4))
        [day] = self.ask("dwell", "--utc-offset=-06:00")["rows"]
        self.assertEqual((day["from"], day["visits"]), ("2023-11-14T06:00:00.000Z", 4))

    def test_foot_traffic_as_it_was_counted_or_of_visits(self):
        self.visits()
        self.fill(f"INSERT INTO traffic VALUES ({DAY}000000, 900000000, 'near', 3, 2)")
        [row] = self.ask("traffic")["rows"]
        self.assertEqual((row["interval_s"], row["entries"], row["distinct"]), (900, 3, 2))
        days = self.ask("traffic", "--by", "day")["rows"]
        self.assertEqual([(row["zone"], row["entries"], row["distinct"]) for row in days], [("far", 1, 1), ("near", 1, 1), ("near", 3, 2)])

    def test_readings_minutes_connections_devices_beacons_events(self):
        t = DAY * 1_000_000
        self.fill(f"INSERT INTO readings VALUES (1, 'temperature', {t}, 21.5, '°C'), (1, 'battery', {t}, 90, '%');"
                  f"INSERT INTO radios VALUES (1000, 'hall'); INSERT INTO minutes VALUES ({t}, 1, 1000, 5, -80, -60, -70.5);"
                  f"INSERT INTO connections VALUES (1, {t}, 1, 'hall', 'explorer', 'failed', 'out of range', 2500000);"
                  f"INSERT INTO beacons VALUES ('iBeacon:1', 'iBeacon', '{{\"major\":1}}', -59, {t}, {t}, 3);"
                  f"INSERT INTO zone_events VALUES (77, {t}, 1, NULL, 'near', 'rssi', -66.25, 1.5)")
        [reading] = self.ask("readings", "--quantity", "temperature")["rows"]
        self.assertEqual((reading["value"], reading["unit"], reading["t"]), (21.5, "°C", "2023-11-14T00:00:00.000Z"))
        [minute] = self.ask("minutes", "--device", "a")["rows"]
        self.assertEqual((minute["radio"], minute["min"], minute["mean"], minute["max"], minute["count"]), ("hall", -80, -70.5, -60, 5))
        [link] = self.ask("connections")["rows"]
        self.assertEqual((link["event"], link["cause"], link["took_s"]), ("failed", "out of range", 2.5))
        beacon = next(row for row in self.ask("beacons")["rows"] if row["beacon"] == "iBeacon:1")
        self.assertEqual(beacon["fields"], {"major": 1})
        [event] = self.ask("events", "--zone", "near")["rows"]
        self.assertEqual((event["id"], event["from"], event["to"], event["smoothed"]), (77, None, "near", -66.25))
        self.assertEqual([row["device"] for row in self.ask("devices")["rows"]], ["a", "b"])

    def test_csv_has_titles_and_quotes(self):
        text = self.moor("query", "devices", "--store", self.store, "--csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["name"] for row in rows], ['Hall, "left"', ""])
        self.assertEqual(rows[0]["last_seen"], "2023-11-14T01:00:00.000Z")

    def test_a_person_gets_a_table(self):
        self.visits()
        text = self.moor("query", "dwell", "--by", "zone", "--config", self.config)
        for words in ("median", "near", "30 s", "1 min"):
            self.assertIn(words, text)
        self.assertIn("nothing fits", self.moor("query", "readings", "--store", self.store))
        self.assertIn("--limit", self.moor("query", "visits", "--store", self.store, "--limit", 1))

    def test_all_of_it_is_exported(self):
        self.visits()
        out = self.folder / "all"
        text = self.moor("query", "export", "--store", self.store, "--out", out)
        self.assertIn("visits.csv  5 rows", text)
        names = {"visits", "traffic", "readings", "events", "devices", "beacons", "minutes", "connections"}
        self.assertEqual({path.name for path in out.iterdir()}, {f"{name}.csv" for name in names})
        with open(out / "visits.csv", newline="") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 5)
        self.moor("query", "export", "--store", self.store, "--out", out, "--format", "jsonl")
        lines = (out / "visits.jsonl").read_text().splitlines()
        self.assertEqual(sorted(json.loads(line)["zone"] for line in lines), ["far", "near", "near", "near", "near"])
        self.moor("query", "export", "--store", self.store, status=USAGE)
        self.moor("query", "export", "--store", self.store, "--out", self.store / "x", status=FAILED)

    def test_a_backup_is_a_store(self):
        self.visits()
        copy = self.folder / "copy.db"
        self.moor("query", "--store", self.store, "--backup", copy)
        self.assertEqual(len(self.json("query", "query", "visits", "--store", copy)["rows"]), 5)
        self.assertFalse((self.folder / "copy.db-wal").exists())
        self.moor("query", "--store", self.store, "--backup", self.folder / "missing" / "copy.db", status=FAILED)
        self.assertIn("missing/copy.db", self.errors)

    def test_many_rows_take_little_memory(self):
        self.fill("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999) "
                  f"INSERT INTO readings SELECT 1, 'number', {DAY}000000 + i * 1000000, i, NULL FROM n")
        text = self.moor("query", "readings", "--store", self.store, "--csv", "--limit", 1_000_000)
        self.assertEqual(text.count("\n"), 200_001)

    def test_what_is_wrong_is_said(self):
        for arguments in ((), ("visits",), ("visits", "--store", self.store, "--config", self.config), ("nothing", "--store", self.store),
                          ("visits", "--store", self.store, "--from", "yesterday"), ("visits", "--store", self.store, "--csv", "--json"),
                          ("dwell", "--store", self.store, "--utc-offset", "one"), ("visits", "--store", self.store, "--backup", "x"),
                          ("dwell", "--store", self.store, "--by", "year")):
            self.moor("query", *arguments, status=USAGE)
        self.config.write_text("[store]\n")
        self.moor("query", "visits", "--config", self.config, status=USAGE)
        self.moor("query", "visits", "--store", self.folder / "missing.db", status=FAILED)
        self.assertIn("missing.db", self.errors)
        broken = self.folder / "broken.db"
        broken.write_bytes(b"x" * 5000)
        self.moor("query", "visits", "--store", broken, status=FAILED)
        self.assertIn("not a database", self.errors)
        self.assertEqual(broken.read_bytes(), b"x" * 5000)

    def test_a_damaged_page_is_said_and_the_rest_is_printed(self):
        self.fill("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) "
                  f"INSERT INTO readings SELECT 1, 'number', {DAY}000000 + i * 1000000, i, NULL FROM n; PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(self.store.read_bytes())
        database = sqlite3.connect(f"file:{self.store}?immutable=1", uri=True)
        [root] = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'readings_by_t'").fetchone()
        database.close()
        data[(root - 1) * 4096:root * 4096] = b"\x5a" * 4096
        self.store.write_bytes(data)
        self.moor("query", "readings", "--store", self.store, status=FAILED)
        self.assertIn(".recover", self.errors)


if __name__ == "__main__":
    unittest.main()
