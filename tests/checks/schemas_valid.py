#!/usr/bin/python3
"""The JSON schemas of docs/cli are schemas, let through what they should, and see drift."""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
VALIDATE = ROOT / "tests" / "cli" / "validate.py"

DEVICE = {
    "address": "A4:CF:12:34:56:78", "address_type": "public", "name": "ESP32-Sensor", "samples": 8,
    "rssi": {"min": -48, "max": -42, "mean": -45.3, "stddev": 1.89}, "distance_m": 1.78, "tx_power": None,
    "service_uuids": ["0000180f-0000-1000-8000-00805f9b34fb"], "manufacturer_data": {"004c": "0215"}, "service_data": {},
    "ad": [{"type": 9, "name": "Complete Local Name", "value": "4553"}], "beacon": None,
    "format": "BTHome", "readings": [{"quantity": "temperature", "value": 21.5, "unit": "°C"}], "attributes": {}, "radio": "bluez:hci0",
}
IBEACON = {
    "type": "iBeacon", "address": "A4:CF:12:34:56:78", "tx_power": -59, "rssi": -60, "distance_m": 1.1, "zone": "near",
    "uuid": "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0", "major": 1, "minor": 101,
}
URL = {
    "type": "Eddystone-URL", "address": "A4:CF:12:34:56:78", "tx_power": -59, "rssi": None, "distance_m": None, "zone": None,
    "url": "https://mystore.com/offer",
}
GOOD = {
    "scan": {"duration_s": 15.0, "adverts": 20, "devices": [DEVICE]},
    "beacons": {"total_beacons": 2, "by_type": {"iBeacon": 1, "Eddystone-URL": 1}, "beacons": [IBEACON, URL]},
    "track": {"t": 0, "address": "A4:CF:12:34:56:78", "rssi": -75, "smoothed": -75.0, "distance_m": 4.37, "distance_low_m": 2.5,
              "distance_high_m": 7.6, "zone": None, "event": None},
    "power": {"mah_per_day": 0.576, "days": 1736.1, "years": 4.75,
              "steps": [{"what": "events", "arithmetic": "8 mA x 3 ms", "value": 0.576, "unit": "mAh/day"}]},
    "gateway": {"t": 1.5, "event": "zone", "device": "r-3f9a2c", "from": None, "zone": "near", "cause": "entered",
                "smoothed": -67.8, "distance_m": 2.25},
}


def drifted(command, change):
    value = copy.deepcopy(GOOD[command])
    change(value)
    return command, value


BAD = {
    "a field nobody documented": drifted("scan", lambda v: v.update(extra=1)),
    "such a field in a device": drifted("scan", lambda v: v["devices"][0].update(extra=1)),
    "a missing field": drifted("scan", lambda v: v["devices"][0].pop("radio")),
    "an address in lower case": drifted("scan", lambda v: v["devices"][0].update(address="a4:cf:12:34:56:78")),
    "RSSI 127": drifted("beacons", lambda v: v["beacons"][0].update(rssi=127)),
    "an iBeacon's UUID in lower case": drifted("beacons", lambda v: v["beacons"][0].update(uuid=IBEACON["uuid"].lower())),
    "a URL in an iBeacon": drifted("beacons", lambda v: v["beacons"][0].update(url="https://a.example")),
    "a zone that is none": drifted("track", lambda v: v.update(zone="nearby")),
    "an event with another's fields": drifted("gateway", lambda v: v.update(dwell_s=3)),
    "a step of the sum in a plan's words": drifted("power", lambda v: v["steps"][0].update(decision="sleep")),
    "a plan that keeps its shortfalls to itself": drifted("power", lambda v: v.update(mode="broadcast")),
    "an unknown event": drifted("gateway", lambda v: v.update(event="teapot")),
}


def run(schema, value):
    return subprocess.run([sys.executable, str(VALIDATE), schema], input=json.dumps(value), capture_output=True, text=True)


def main():
    faults = []
    files = sorted((ROOT / "docs" / "cli").glob("*.schema.json"))
    for path in files:
        try:
            jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))
        except (jsonschema.SchemaError, json.JSONDecodeError) as error:
            faults.append(f"{path.name}: {error}")
    for schema, value in GOOD.items():
        result = run(schema, value)
        if result.returncode != 0:
            faults.append(f"{schema}: refused a good output: {result.stderr.strip()}")
    for what, (schema, value) in BAD.items():
        result = run(schema, value)
        if result.returncode != 1 or "Traceback" in result.stderr:
            faults.append(f"{schema}: did not see {what}: {result.stderr.strip()}")
    for text, arguments, expected in [("", [], 1), ("{", [], 1), ('{"t":1}\n{"t":2}\n', ["--lines"], 1)]:
        result = subprocess.run([sys.executable, str(VALIDATE), "track", *arguments], input=text, capture_output=True, text=True)
        if result.returncode != expected or "Traceback" in result.stderr:
            faults.append(f"validate.py {arguments} on {text!r}: {result.returncode} {result.stderr.strip()}")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(files)} schemas, {len(GOOD)} good outputs passed, {len(BAD)} drifts seen")


if __name__ == "__main__":
    main()
