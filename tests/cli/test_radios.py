import socket
import unittest

from moor_program import DEMO, USAGE, Cli


class Radios(Cli):
    def test_a_recording_is_ready(self):
        radio = self.json("radios", "radios", "--radio", f"replay:{DEMO}")["radios"][0]
        self.assertEqual((radio["kind"], radio["state"], radio["slots"], radio["holders"]), ("replay", "ready", None, []))
        self.assertIn("btsnoop", radio["detail"])

    def test_one_that_cannot_be_used_comes_with_advice(self):
        radios = self.json("radios", "radios", "--radio", "replay:/no/such/file", "--radio", "bluez:hci9")["radios"]
        self.assertEqual([radio["state"] for radio in radios], ["not available", "not available"])
        self.assertIn("/no/such/file", radios[0]["detail"])
        self.assertTrue(radios[1]["advice"])

    def test_a_proxy_that_is_not_reached_says_so(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
            port = nobody.getsockname()[1]
            radio = self.json("radios", "radios", "--radio", f"esphome://127.0.0.1:{port}")["radios"][0]
        self.assertEqual((radio["id"], radio["kind"], radio["state"]), (f"esphome://127.0.0.1:{port}", "esphome", "not available"))
        self.assertIn("not reachable", radio["detail"])
        self.assertTrue(radio["advice"])
        self.assertEqual((radio["holders"], radio["held"]), ([], []))

    def test_a_key_that_is_none_is_wrong_usage_and_not_printed(self):
        self.moor("radios", "--radio", "esphome://127.0.0.1?key=c2VjcmV0", status=USAGE)
        self.assertNotIn("c2VjcmV0", self.errors)
        self.moor("radios", "--radio", f"esphome://127.0.0.1?key_file={self.folder}/none", status=USAGE)
        self.assertIn("key file", self.errors)

    def test_looks_for_proxies_only_where_it_may(self):
        for arguments in [], ["--no-discovery"]:
            kinds = [radio["kind"] for radio in self.json("radios", "radios", *arguments)["radios"]]
            self.assertNotIn("esphome", kinds, "multicast DNS is off in these tests")

    def test_a_spec_that_is_none_is_wrong_usage(self):
        self.moor("radios", "--radio", "usb:0", status=USAGE)
        self.assertIn("replay:CAPTURE", self.errors)


if __name__ == "__main__":
    unittest.main()
