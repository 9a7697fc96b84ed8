"""The commands that connect, on simulated worlds in virtual time."""

import unittest

from moor_program import USAGE, NOT_FOUND, NO_RADIO, DEMO, Cli

OUT_OF_SLOTS, ABORTED, CONNECTION_FAILED = 4, 5, 6
SENSOR = "A4:CF:12:34:56:78"
TEMPERATURE = "2a6e0000-0000-1000-8000-00805f9b34fb"

WORLD = """
name = "one sensor"
seed = 3
[channel]
fading_db = 0
orientation_db = 0
shadowing_db = 0

[[radio]]
name = "hall"
position = [0, 0]
{radio}

[[device]]
name = "Sensor"
address = "A4:CF:12:34:56:78"
position = [2, 0]
{device}
[device.advertising]
interval = "1 s"
name = "Sensor"
services = ["181a"]

[[device.service]]
uuid = "181a"
[[device.service.characteristic]]
uuid = "2a6e"
properties = ["read", "notify"]
format = "s16*0.01"
value = 21.5
notify_every = "2 s"
[[device.service.characteristic]]
uuid = "{temperature}"
properties = ["read"]
format = "s16*0.01"
value = -3.25

[[device.service]]
uuid = "180f"
[[device.service.characteristic]]
uuid = "2a19"
properties = ["read", "write", "write-without-response"]
value = {{ hex = "55" }}
[[device.service.characteristic]]
uuid = "2a1a"
properties = ["read"]
value = {{ hex = "00" }}
errors = {{ read = 5 }}
{faults}
"""


class Connect(Cli):
    def world(self, faults="", device="", radio=""):
        path = self.folder / "world.toml"
        path.write_text(WORLD.format(temperature=TEMPERATURE, faults=faults, device=device, radio=radio))
        return f"sim:{path}?speed=max"

    def test_explore_lists_services_with_values_and_refusals(self):
        found = self.json("explore", "explore", SENSOR, "--radio", self.world())
        self.assertEqual((found["device_name"], found["address"]), ("Sensor", SENSOR))
        services = {service["uuid"]: service for service in found["services"]}
        battery = services["0000180f-0000-1000-8000-00805f9b34fb"]
        self.assertEqual(battery["name"], "Battery")
        level, state = battery["characteristics"]
        self.assertEqual((level["value"], level["properties"]), ("55", ["READ", "WRITE_WITHOUT_RESPONSE", "WRITE"]))
        self.assertEqual((state["value"], state["error"]), (None, "Insufficient Authentication"))
        environment = services["0000181a-0000-1000-8000-00805f9b34fb"]
        temperature = environment["characteristics"][0]
        self.assertEqual(temperature["properties"], ["READ", "NOTIFY"])
        self.assertEqual([d["uuid"][4:8] for d in temperature["descriptors"]], ["2902"])

    def test_explore_prints_names_for_people(self):
        out = self.moor("explore", SENSOR, "--radio", self.world())
        for words in ("Battery", "Temperature", "21.50 °C", "85 %", "Insufficient Authentication", TEMPERATURE):
            self.assertIn(words, out)

    def test_read_decodes_what_the_sig_knows_and_what_the_user_says(self):
        world = self.world()
        battery = self.json("read", "read", SENSOR, "2a19", "--radio", world)
        self.assertEqual((battery["uuid"][4:8], battery["value"]), ("2a19", "55"))
        self.assertIn("85 %", self.moor("read", SENSOR, "2a19", "--radio", world))
        self.assertIn("-3.25 °C", self.moor("read", SENSOR, TEMPERATURE, "--as", "s16*0.01 °C", "--radio", world))
        own = self.json("read", "read", SENSOR, TEMPERATURE, "--as", "s16*0.01 °C", "--radio", world)
        self.assertEqual(own["decoded"]["value"], -3.25)
        self.assertEqual(own["decoded"]["unit"], "°C")

    def test_an_address_is_known_in_any_spelling(self):
        self.assertIn("85 %", self.moor("read", SENSOR.lower(), "180f/2a19", "--radio", self.world()))

    def test_write_with_and_without_a_response(self):
        for flags in ([], ["--without-response"]):
            written = self.json("write", "write", SENSOR, "2a19", "32", *flags, "--radio", self.world())
            self.assertEqual(written["value"], "32")
        self.assertEqual(self.json("write", "write", SENSOR, "2a19", "64", "--as", "u8", "--radio", self.world())["value"], "40")
        self.moor("write", SENSOR, "2a19", "xyz", "--radio", self.world(), status=USAGE)
        self.assertIn("hexadecimal", self.errors)

    def test_notify_streams_values_for_its_time(self):
        lines = self.lines("notify", "notify", SENSOR, "2a6e", "--duration", "21", "--radio", self.world())
        self.assertIn(len(lines), (10, 11))
        self.assertEqual({line["value"] for line in lines}, {"6608"})
        times = [line["t"] for line in lines]
        self.assertTrue(all(1.9 < b - a < 2.1 for a, b in zip(times, times[1:])), times)
        self.assertEqual(len(self.lines("notify", "notify", SENSOR, "2a6e", "--count", "3", "--radio", self.world())), 3)

    def test_notify_says_when_the_link_is_lost(self):
        fault = '[[device.fault]]\nkind = "drop"\nevery = "30 s"\nclose = "supervision timeout"\n'
        out = self.moor("notify", SENSOR, "2a6e", "--json", "--duration", "600", "--radio", self.world(fault), status=ABORTED)
        self.assertIn("supervision timeout", self.errors)
        self.assertIn("moor monitor", self.errors)
        self.assertTrue(out)

    def test_errors_of_gatt_come_with_advice(self):
        self.moor("read", SENSOR, "2a1a", "--radio", self.world(), status=1)
        self.assertIn("Insufficient Authentication", self.errors)
        self.assertIn("air", self.errors)  # Pair ...
        self.moor("read", SENSOR, "2a37", "--radio", self.world(), status=1)
        self.assertIn("2a37", self.errors)
        self.moor("read", SENSOR, "no-uuid", "--radio", self.world(), status=USAGE)

    def test_a_device_that_is_not_there_is_not_found(self):
        self.moor("explore", "AA:BB:CC:DD:EE:FF", "--radio", self.world(), status=NOT_FOUND)
        self.assertIn("was not heard", self.errors)
        self.assertIn("moor scan", self.errors)

    def fails(self, fault, status, words):
        world = self.world('[[device.fault]]\nkind = "connect error"\n' + fault)
        self.moor("read", SENSOR, "2a19", "--radio", world, status=status)
        for word in words:
            self.assertIn(word, self.errors)

    def test_each_failure_has_its_exit_status(self):
        self.fails('reason = "out of connection slots"\n', OUT_OF_SLOTS, ["slot"])
        self.fails('reason = "connection aborted"\n', ABORTED, ["9"])
        self.fails('text = "nobody knows"\n', CONNECTION_FAILED, ["nobody knows", "4"])

    def test_transient_failures_are_survived(self):
        world = self.world('[[device.fault]]\nkind = "connect error"\nreason = "connection aborted"\ntimes = 5\n')
        self.assertIn("85 %", self.moor("read", SENSOR, "2a19", "--radio", world))

    def test_monitor_reconnects_and_sums_up(self):
        fault = '[[device.fault]]\nkind = "drop"\nevery = "10 min"\nclose = "supervision timeout"\n'
        lines = self.lines("monitor", "monitor", SENSOR, "--read", "2a6e", "--every", "60s", "--notify", "2a6e", "--duration", "3600",
                           "--radio", self.world(fault))
        summary = lines[-1]
        self.assertEqual(summary["event"], "summary")
        self.assertEqual(summary["duration_s"], 3600)
        self.assertGreaterEqual(summary["drops"], 3)
        self.assertEqual(summary["connections"], sum(line["event"] == "connected" for line in lines))
        self.assertEqual(summary["values"], sum(line["event"] == "value" for line in lines))
        self.assertGreater(summary["uptime"], 0.9)
        self.assertEqual(len(summary["gaps"]), summary["drops"] + 1)  # one before the first connection
        self.assertEqual(sorted(line["t"] for line in lines), [line["t"] for line in lines])
        out = self.moor("monitor", SENSOR, "--read", "2a6e", "--duration", "600", "--radio", self.world(fault))
        self.assertRegex(out, r"up .* of 10 min \(\d+\.\d+ %\)")

    def test_monitor_wants_something_to_do_and_an_end(self):
        self.moor("monitor", SENSOR, "--radio", self.world(), "--duration", "5", status=USAGE)
        self.assertIn("--read", self.errors)
        self.moor("monitor", SENSOR, "--read", "2a19", "--radio", self.world(), status=USAGE)
        self.assertIn("--duration", self.errors)
        self.moor("monitor", SENSOR, "--read", "2a19", "--every", "soon", "--radio", self.world(), status=USAGE)

    def test_a_recording_cannot_connect(self):
        self.moor("explore", SENSOR, "--radio", f"replay:{DEMO}", status=NO_RADIO)
        self.assertIn("cannot connect", self.errors)

    def test_services_are_remembered_on_disk_where_asked(self):
        cache = self.folder / "services"
        for _ in range(2):
            self.assertIn("85 %", self.moor("read", SENSOR, "2a19", "--cache", cache, "--radio", self.world()))
        self.assertEqual(len(list(cache.iterdir())), 1)

    def test_radios_show_slots(self):
        radio = self.json("radios", "radios", "--radio", self.world(radio="slots = 3"))["radios"][0]
        self.assertEqual((radio["kind"], radio["state"], radio["slots"], radio["free"], radio["holders"]), ("sim", "ready", 3, 3, []))


if __name__ == "__main__":
    unittest.main()
