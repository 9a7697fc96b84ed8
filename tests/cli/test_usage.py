import unittest

from moor_program import DONE, USAGE, Cli


class Usage(Cli):
    COMMANDS = ("scan", "beacons", "track", "record", "power", "radios", "gateway", "completion")

    def test_help_lists_the_commands_and_each_explains_itself(self):
        text = self.moor("--help")
        for command in self.COMMANDS:
            self.assertIn(command, text)
            self.assertIn("--help", self.moor(command, "--help"))

    def test_version(self):
        self.assertRegex(self.moor("--version"), r"^moor \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_status_2_with_a_word_on_where_to_look(self):
        for arguments in ((), ("dance",), ("scan", "--dance"), ("scan", "--min-rssi"), ("scan", "--min-rssi", "loud"),
                          ("scan", "--min-rssi", "-500"), ("scan", "--duration", "0"), ("scan", "--duration", "inf"), ("record",),
                          ("scan", "extra"), ("power", "--json=maybe")):
            self.assertEqual(self.moor(*arguments, status=USAGE), "", arguments)
            self.assertIn("--help", self.errors, arguments)

    def test_values_that_cannot_be_read_name_themselves(self):
        for option, value in (("--service", "18"), ("--manufacturer", "apple"), ("--address", "A4:CF"), ("--radio", "usb")):
            self.moor("scan", option, value, status=USAGE)
            self.assertIn(f"'{value}'", self.errors)


if __name__ == "__main__":
    unittest.main()
