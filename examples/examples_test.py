#!/usr/bin/env python3
"""Runs one example on the demo's recording, and looks at what it says."""

import pathlib
import re
import subprocess
import sys
import tempfile

ADDRESS = r"[0-9A-F]{2}(?::[0-9A-F]{2}){5}"


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=50)
    return result.returncode, result.stdout, result.stderr


def said(program, *arguments):
    status, out, err = run(program, *arguments)
    assert status == 0 and err == "", f"status {status}: {err}"
    return out


def battery(program, capture):
    assert said(program) == "1000 ms: 0.576 mAh/day, 1736 days, 4.75 years\n 100 ms: 5.760 mAh/day, 174 days, 0.48 years\n"


def beacon_manager(program, capture):
    out = said(program, f"replay:{capture}")
    assert out.endswith("12 beacons: 5 iBeacon, 6 Eddystone-UID, 1 Eddystone-URL\n")
    assert re.search(r"^iBeacon +6d6f6f72-6465-6d6f-8073-686f70000001 1\.101, [\d.]+ m$", out, re.M)
    assert re.search(r"^Eddystone-URL +https://shop\.example/tea, [\d.]+ m, 2\d\.\d °C, \d{4} mV$", out, re.M)
    freezer = re.search(r"^Eddystone-UID +6d6f6f722073686f7000 00000000000b, [\d.]+ m, (-[\d.]+) °C", out, re.M)
    assert -20 < float(freezer[1]) < -16


def demo_shop(program, capture):
    with tempfile.TemporaryDirectory() as folder:
        again = pathlib.Path(folder) / "again.btsnoop"
        assert said(program, again).startswith(f"{again}: ")
        assert again.read_bytes() == pathlib.Path(capture).read_bytes(), "the recording is not the same each time"
        status, _, err = run(program, pathlib.Path(folder) / "no" / "folder")
        assert status == 1 and "cannot make" in err
    assert run(program)[0] == 2


def discover(program, capture):
    lines = said(program, f"replay:{capture}").splitlines()
    assert lines[-1] == f"{len(lines) - 1} devices" and len(lines) >= 13
    assert all(re.fullmatch(rf"{ADDRESS} +-\d+ dBm  .*", line) for line in lines[:-1])
    assert any(line.endswith("  Counter") for line in lines)
    status, _, err = run(program, "replay:no-such-file")
    assert status == 1 and "no-such-file" in err


def dwell(program, capture):
    out = said(program, f"replay:{capture}")
    stays = {zone: [int(s) for s in re.findall(rf"^[0-9a-f]{{16}} was {zone} for (\d+) s$", out, re.M)] for zone in ("immediate", "near", "far")}
    assert all(len(seconds) >= 3 and max(seconds) >= 5 for seconds in stays.values()), stays
    visitors = {zone: int(count) for count, zone in re.findall(r"^(\d+) visitors, \d+ times (\w+)$", out, re.M)}
    assert visitors.keys() == stays.keys() and all(count >= 4 for count in visitors.values()), visitors


def find_by_service(program, capture):
    assert re.fullmatch(rf"{ADDRESS} has the service 0000feaa-0000-1000-8000-00805f9b34fb\n", said(program, f"replay:{capture}"))
    assert re.fullmatch(rf"{ADDRESS} has the service 0000fd6f-.*\n", said(program, f"replay:{capture}", "fd6f"))
    status, _, err = run(program, f"replay:{capture}", "180f")
    assert status == 1 and "no device has the service" in err
    assert run(program, f"replay:{capture}", "nonsense")[0] == 2


def proximity(program, capture):
    out = said(program, f"replay:{capture}")
    for event in ("entered far: ", "entered near: ", "changed from far to near: ", "changed from near to immediate: ",
                  "changed from immediate to near: ", "lost: silent for 30 s, was far at "):
        assert re.search(rf"^{ADDRESS} {event}", out, re.M), f"nobody {event}"


def scan_statistics(program, capture):
    out = said(program, f"replay:{capture}")
    found = int(re.search(r"^Scan complete: (\d+) devices found$", out, re.M)[1])
    assert found >= 3 and len(re.findall(rf"^Found {ADDRESS} at -\d+ dBm$", out, re.M)) == found
    ranges = re.findall(r"^  RSSI Range: (-\d+) to (-\d+) dBm$", out, re.M)
    assert len(ranges) == found and all(-70 <= int(low) <= int(high) for low, high in ranges)


def worked_example(program, capture):
    assert said(program).splitlines() == [
        "RSSI -68 -> smoothed -68.0",
        "RSSI -72 -> smoothed -69.2",
        "RSSI -65 -> smoothed -67.9",
        "RSSI -70 -> smoothed -68.6",
        "RSSI -66 -> smoothed -67.8",
        "Distance: 2.25 m, 1.29 to 3.91 m at 6 dB",
        "Zone: near (0.5 - 3 m)",
    ]


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
