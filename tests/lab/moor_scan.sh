# lab: world tests/lab/worlds/house.toml
# lab: timeout 240
# Scans: over the management socket and, without the capability for it, over the bus; active, passive, with each filter; simple and complex
# advertisements; beside another program that scans.
over_bus() { setpriv --bounding-set=-net_admin --inh-caps=-net_admin -- "$MOOR" "$@"; }

for way in moor over_bus; do
  expect_status 0 $way scan --duration 4 --json
  expect_json "$way hears all" '{d["name"] for d in o["devices"]} >= {"Sensor", "Quitter", "Deaf", *(f"Node {n}" for n in range(1, 7))}' "$output"
  expect_json "$way: levels are levels" 'all(-100 < d["rssi"]["mean"] < -20 for d in o["devices"])' "$output"
  expect_json "$way reads a beacon" '[d["beacon"]["minor"] for d in o["devices"] if d["address"] == "A4:CF:12:00:05:01"] == [2]' "$output"

  expect_status 0 $way scan --duration 3 --name 'Node *' --json
  expect_json "$way filters names" 'len(o["devices"]) == 6' "$output"
  expect_status 0 $way scan --duration 3 --service 180f --json
  expect_json "$way filters services" '[d["name"] for d in o["devices"]] == ["Sensor"]' "$output"
  expect_status 0 $way scan --duration 3 --address A4:CF:12:00:05:01 --json
  expect_json "$way filters addresses" 'len(o["devices"]) == 1' "$output"
  expect_status 0 $way scan --duration 3 --min-rssi -80 --json
  expect_json "$way filters levels" 'len(o["devices"]) >= 8 and all(d["rssi"]["min"] >= -80 for d in o["devices"])' "$output"
done

expect_status 0 moor scan --duration 4 --passive --json
expect_json "a passive scan hears" 'len(o["devices"]) >= 8' "$output"
expect_status 0 moor scan --duration 4 --radio bluez:hci0 --radio bluez:hci1 --json
expect_json "two adapters hear as one" 'len(o["devices"]) >= 9' "$output"
expect_status 7 moor scan --duration 2 --radio bluez:hci9
expect "and one that is not there is said not to be" grep -q hci9 <<<"$errors"

# Another program's scan neither stops ours nor is stopped by it.
start ctl bluetoothctl
wait_for ctl "Agent registered"
tell ctl "scan on"
wait_for ctl "Discovery started"
# The controller tells of a device once until the kernel begins its discovery anew, which it does every 10.24 s.
for way in moor over_bus; do
  expect_status 0 $way scan --duration 14 --json
  expect_json "$way hears beside bluetoothctl" 'len(o["devices"]) >= 8' "$output"
done
expect "bluetoothctl still scans" grep true <<<"$(adapter hci0 Discovering)"
stop ctl
expect "the bus has no more to do with it" grep -v true <<<"$(adapter hci1 Discovering)"
