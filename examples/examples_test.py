#!/usr/bin/env python3
"""Runs one example on the demo's recording, or on a simulated world in virtual time, and looks at what it says."""

import json
import pathlib
import re
import signal
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


def world(folder, name):
    return f"sim:{folder}/{name}.toml?speed=max"


GUIDE = "AA:BB:CC:DD:EE:"  # and a number: the devices of guide.toml
HEART = GUIDE + "FF"


def all_options(program, worlds):
    out = said(program, world(worlds, "guide"), GUIDE + "03")
    failed = re.findall(r"^Failed on sim:\S+/(\w+) after 1\.0 s: connection not established$", out, re.M)
    assert len(failed) == 2, out
    assert re.search(r"^MyDevice is connected through sim:\S+/\w+$", out, re.M)
    assert not re.search(r"^Disconnected$", out, re.M), "its own disconnect is no loss"


def connect(program, worlds):
    lines = said(program, world(worlds, "guide"), HEART).splitlines()
    assert lines == [f"{HEART} - HR-Monitor-001 -> /org/bluez/hci0: 3 services", "closed by us"], lines
    status, out, err = run(program, world(worlds, "guide"), GUIDE + "99")
    assert (status, out) == (1, "") and f"{GUIDE}99 was not heard within 30 s" in err and "switched on" in err
    status, _, err = run(program, world(worlds, "guide"))
    assert status == 1 and "must be an address" in err


def connection_parameters(program, worlds):
    out = said(program, world(worlds, "guide"), HEART)
    fast, slow = [float(seconds) for seconds in re.findall(r"^HR-Monitor-001, read in ([\d.]+) s$", out, re.M)]
    assert fast <= 0.03 and 1 <= slow <= 3, (fast, slow)
    assert "1000 ms from now on" in out


def custom_client(program, worlds):
    assert said(program, world(worlds, "guide"), HEART) == "82 bpm\n"


def device_tracker(program, worlds):
    assert said(program, world(worlds, "guide"), GUIDE + "05") == f"asked for {GUIDE}05, connected to {GUIDE}06\n"


def disconnect_callback(program, worlds):
    out = said(program, world(worlds, "guide"), GUIDE + "02")
    assert out.splitlines() == ["Connected", f"Device {GUIDE}02 disconnected unexpectedly: closed by the device"]


def explore(program, worlds):
    out = said(program, world(worlds, "guide"), HEART)
    base = "-0000-1000-8000-00805f9b34fb"
    assert out.startswith("HR-Monitor-001\n")
    assert f"0000180d{base} Heart Rate\n  00002a37{base} READ NOTIFY: 0052 (82 bpm)\n" in out
    assert re.search(rf"^0000180f{base} Battery.*\n  00002a19{base} READ NOTIFY: 55 \(85 %\)$", out, re.M)


def first_device(program, worlds):
    out = said(program, world(worlds, "esp32"))
    assert out.startswith("Scanning for devices...\nConnecting to ESP32-EnvSensor...\nConnected successfully!\n")
    service = out[out.index("  Service: 181a0000-0000-1000-8000-00805f9b34fb\n"):].splitlines()
    assert [line.strip() for line in service[1:3]] == [f"Characteristic: 2a6{n}0000-0000-1000-8000-00805f9b34fb" for n in "ef"]
    assert service[3:] == ["Disconnected"]


def handle_errors(program, worlds):
    def first_line(address):
        return said(program, world(worlds, "guide"), address).splitlines()[0]

    assert first_line(HEART).startswith(f"Connected to {HEART} - HR-Monitor-001 -> ")
    assert first_line(GUIDE + "99") == "Device not found - it may have moved out of range"
    assert first_line(GUIDE + "11") == "No connection slots available - try disconnecting other devices"
    aborted = said(program, world(worlds, "guide"), GUIDE + "12")
    assert aborted.startswith("Connection aborted - check for interference or move closer\n") and "USB 3.0" in aborted
    failed = said(program, world(worlds, "guide"), GUIDE + "13").splitlines()
    assert failed[0].startswith("Connection failed: ") and "Broken" in failed[0] and "Input/output error" in failed[0]
    assert len(failed) >= 5 and all(re.fullmatch(r"  sim:\S+: Input/output error", line) for line in failed[1:])


def known_devices(program, worlds):
    adapter = f"sim:{worlds}/guide.toml/hci"
    out = said(program, world(worlds, "guide"), HEART, f"{adapter}1")
    assert out.startswith(f"best: {HEART} - HR-Monitor-001 -> /org/bluez/hci0\nheard by an adapter of this machine\n")
    assert f"{adapter}1: {HEART} - HR-Monitor-001 -> /org/bluez/hci1\n" in out
    assert int(re.search(r"^(\d+) restored$", out, re.M)[1]) >= 1
    assert f"connected: {HEART} - HR-Monitor-001 -> /org/bluez/hci0\n" in out
    doorbell = said(program, world(worlds, "guide"), GUIDE + "07", f"{adapter}0")
    assert re.search(r"^heard by the proxy .*hall$", doorbell, re.M) and f"{adapter}0: does not know it\n" in doorbell, doorbell


def missing_characteristic(program, worlds):
    out = said(program, world(worlds, "guide"), GUIDE + "04")
    assert re.fullmatch(r"Characteristic cba20d00-\S+/cba20002-\S+ missing, clearing cache\nCurtain has what is required\n", out)
    status, _, err = run(program, world(worlds, "guide"), HEART)
    assert status == 1 and "no service cba20d00-" in err, "a device that does not have it at all"


def monitor(program, worlds):
    out = said(program, world(worlds, "logger"), "A4:CF:12:00:00:10", "240")
    summary = re.search(r"^(\d+) values, (\d+) connections, (\d+) drops, up ([\d.]+) % of ([\d.]+) h$", out, re.M)
    values, connections, drops = (int(number) for number in summary.groups()[:3])
    assert drops == 4 and connections == 5, summary[0]
    assert 99.0 <= float(summary[4]) <= 99.3 and 240 <= float(summary[5]) <= 241, summary[0]
    assert values >= 0.98 * 240 * 60 and len(re.findall(r"^Temperature: \d\d\.\d\d °C$", out, re.M)) == values
    assert "Retrying in 5 s\n" in out and "Retrying in 60 s\n" in out

    # Ctrl-C closes the link and ends it, in real time too.
    process = subprocess.Popen([program, f"sim:{worlds}/logger.toml?speed=100", "A4:CF:12:00:00:10"], stdout=subprocess.PIPE, text=True)
    while "Temperature" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130, process.returncode


def monitor_by_hand(program, worlds):
    out = said(program, world(worlds, "logger"), "A4:CF:12:00:00:11", "12")
    assert len(re.findall(r"^Connected to ", out, re.M)) >= 8
    losses = re.findall(r"supervision timeout\), retrying in (\d+) s\n.* retrying in (\d+) s\n.* retrying in (\d+) s\n"
                        r".* retrying in (\d+) s\n.* retrying in (\d+) s\n.* retrying in (\d+) s$", out, re.M)
    assert len(losses) >= 7 and set(losses) == {("5", "10", "20", "40", "60", "60")}, set(losses)


def monitor_naive(program, worlds):
    status, out, err = run(program, world(worlds, "logger"), "A4:CF:12:00:00:11")
    assert status == 1 and len(re.findall(r"^Temperature: \d\d\.\d\d °C$", out, re.M)) == 15, "15 minutes, a value each"
    assert "supervision timeout" in err and "Connect again." in err


def notification_queue(program, worlds):
    out = said(program, world(worlds, "esp32"), "A4:CF:12:34:56:78")
    values = re.findall(r"^(\d\d\.\d\d) °C, (\d+) lost before$", out, re.M)
    assert len(values) == 10 and all(19 <= float(value) <= 25 for value, _ in values)
    received, lost = (int(number) for number in re.search(r"^(\d+) received, (\d+) lost$", out, re.M).groups())
    assert 22 <= received <= 27, "one each 2 s while ten took 5 s each: nobody waited"
    assert 0 < sum(int(before) for _, before in values) <= lost <= received - 10


def read_battery(program, worlds):
    assert said(program, world(worlds, "guide"), GUIDE + "01") == "after 3 reads\nBattery: 64%\n"
    assert said(program, world(worlds, "guide"), HEART) == "after 1 reads\nBattery: 85%\n"


def service_cache(program, worlds):
    out = said(program, world(worlds, "guide"), HEART)
    discovered, cached, again = (float(seconds) for seconds in re.findall(r"^3 services after ([\d.]+) s$", out, re.M))
    assert "cache cleared\n" in out
    assert cached + 1 < min(discovered, again), "a connection waits up to a second for an advertisement; the rest is discovery"


def slots(program, worlds):
    lines = said(program, world(worlds, "guide"), HEART).splitlines()
    ledger = [line for line in lines if " free" in line and not line.startswith("{")]
    assert [re.sub(r"^sim:\S+/", "", line) for line in ledger] == [f"hci0: 4 of 5 free, {HEART}", "hci1: 5 of 5 free", "hall: 5 of 5 free", "hci0: 5 of 5 free"], ledger
    changes = [line.split()[1] for line in lines if re.match(ADDRESS, line)]
    assert changes == ["allocated", "released"], changes
    diagnostics = json.loads(lines[-1])
    assert [radio["slots"] for radio in diagnostics["radios"]] == [5, 5, 5] and diagnostics["releases"] == 1


def stale_connections(program, worlds):
    lines = said(program, world(worlds, "guide"), HEART).splitlines()
    assert lines[0] == "1 stale" and lines[1] == f"connected: {HEART} - HR-Monitor-001 -> /org/bluez/hci0", lines
    assert lines[2] == "0 through other radios, own link kept" and lines[3].startswith("the old link: closed"), lines
    assert lines[4] == "forgotten, nothing left to forget", lines


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
