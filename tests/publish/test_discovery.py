"""What Home Assistant is sent, against what it takes: every quantity, two gateways, the gateway itself."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from jsonschema import Draft202012Validator

HERE = Path(__file__).parent


class Discovery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "examples.json"
            subprocess.run([os.environ["MOOR_PUBLISH_TESTS"], "--gtest_filter=Discovery.WritesExamples"], check=True, capture_output=True,
                           env=dict(os.environ, MOOR_DISCOVERY_EXAMPLES=str(path)))
            cls.examples = json.loads(path.read_text())

    def test_is_what_home_assistant_takes(self):
        schema = json.loads((HERE / "home_assistant.schema.json").read_text())
        Draft202012Validator.check_schema(schema)
        for example in self.examples:
            self.assertEqual([f"{list(e.absolute_path)}: {e.message}" for e in Draft202012Validator(schema).iter_errors(example)], [])

    def test_unique_ids_are_unique(self):
        for example in self.examples:
            ids = [component["unique_id"] for component in example["cmps"].values()]
            self.assertEqual(len(ids), len(set(ids)))

    def test_every_entity_has_a_state_to_read(self):
        for example in self.examples:
            for component in example["cmps"].values():
                self.assertTrue("state_topic" in component or "state_topic" in example)

    def test_templates_are_closed(self):
        for example in self.examples:
            for component in example["cmps"].values():
                text = component.get("value_template", "")
                self.assertEqual(len(re.findall(r"{{|{%", text)), len(re.findall(r"}}|%}", text)), text)

    def test_readings_expire_and_presence_does_not(self):
        everything, forever = self.examples[0]["cmps"], self.examples[1]["cmps"]
        self.assertEqual(everything["reading_temperature"]["expire_after"], 1800)
        self.assertNotIn("expire_after", forever["reading_door"])
        self.assertNotIn("expire_after", everything["tracker"])


if __name__ == "__main__":
    unittest.main()
