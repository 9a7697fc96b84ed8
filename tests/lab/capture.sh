# lab: world tests/lab/worlds/house.toml
# A recording that btmon made of a scan gives, replayed, what the scan gave: the same devices, each as often, with the same levels.
start btmon btmon -w /out/scan.btsnoop
eventually "btmon listens" test -s /out/scan.btsnoop
expect_status 0 moor scan --radio bluez:hci0 --duration 5 --json
live=$output
stop btmon INT
expect_status 0 moor scan --radio replay:/out/scan.btsnoop --json
cat >/run/compare.py <<'P'
import json, sys
live, replayed = ({device["address"]: device for device in json.load(open(path))["devices"]} for path in sys.argv[1:])
assert live and set(live) <= set(replayed), (set(live) - set(replayed), "heard and not recorded")
for address, device in live.items():
    again = replayed[address]
    # The recording begins before the scan and has the scan responses as reports of their own.
    assert again["samples"] >= device["samples"], (address, device["samples"], again["samples"])
    assert again["rssi"]["min"] <= device["rssi"]["min"] and again["rssi"]["max"] >= device["rssi"]["max"], (address, device, again)
    for what in ("name", "service_uuids", "manufacturer_data", "service_data", "format"):
        assert again[what] == device[what], (address, what, device[what], again[what])
P
echo "$live" >/run/live.json
echo "$output" >/run/replayed.json
expect "what was recorded is what was heard" python3 /run/compare.py /run/live.json /run/replayed.json
