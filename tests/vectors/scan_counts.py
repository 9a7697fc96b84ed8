#!/usr/bin/env python3
"""Compares `moor scan --json` with COUNTS.tsv, the counts of an independent parser, for every recording that is there."""

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def main():
    data = Path(os.environ.get("MOOR_TEST_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data") / "captures"
    counts = data / "COUNTS.tsv"
    if not counts.exists():
        print(f"skipped: there is no {counts}; set MOOR_TEST_DATA to the folder of the test data")
        return 77
    expected = defaultdict(dict)
    with open(counts, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            expected[row["file"]][row["device"]] = row
    entries = mistakes = files = 0
    for name, devices in sorted(expected.items()):
        if not (data / name).exists():
            print(f"skipped: {name} is not there")
            continue
        files += 1
        done = subprocess.run([os.environ["MOOR_PROGRAM"], "scan", "--radio", f"replay:{data / name}", "--json"], capture_output=True, check=False)
        found = defaultdict(list)
        for device in json.loads(done.stdout)["devices"]:
            if device["samples"]:
                found[device["address"]].append(device)
        for address, row in devices.items():
            entries += 1
            want = (int(row["reports"]), int(row["rssi_min"]), float(row["rssi_mean"]), int(row["rssi_max"]))
            got = [(d["samples"], d["rssi"]["min"], d["rssi"]["mean"], d["rssi"]["max"]) for d in found.pop(address, [])]
            if len(got) != 1 or got[0][:2] != want[:2] or got[0][3] != want[3] or abs(got[0][2] - want[2]) > 0.0501:
                mistakes += 1
                print(f"{name} {address}: expected {want}, found {got}")
        for address in found:
            mistakes += 1
            print(f"{name} {address}: found, but not expected")
    print(f"{entries} entries of {files} files, {mistakes} wrong")
    return 1 if mistakes or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
