# lab: controllers 2
# lab: timeout 180
# moor with a peripheral that is not its own: bluetoothctl on one controller of btvirt, moor on the other.
LAB_PATIENCE=30
start peer bluetoothctl
wait_for peer "Agent registered"
address=$(adapter hci0 Address | grep -oE '([0-9A-F]{2}:){5}[0-9A-F]{2}')
tell peer "select $address"
tell peer "menu gatt"
tell peer "register-service 0000fff0-0000-1000-8000-00805f9b34fb"
wait_for peer "Primary"
tell peer "yes"
tell peer "register-characteristic 0000fff1-0000-1000-8000-00805f9b34fb read,write,notify"
wait_for peer "Enter value"
tell peer "0x12 0x34"
tell peer "register-application"
wait_for peer "Application registered"
tell peer "back"
tell peer "menu advertise"
tell peer "name peer"
tell peer "uuids fff0"
tell peer "back"
tell peer "advertise on"
wait_for peer "Advertising object registered"

expect_status 0 moor scan --duration 5 --json --radio bluez:hci1
expect_json "btvirt's peripheral is heard" "'$address' in [d['address'] for d in o['devices']]" "$output"
expect_status 0 moor explore "$address" --json --radio bluez:hci1
expect_json "and explored" '"fff0" in {s["uuid"][4:8] for s in o["services"]}' "$output"
expect_status 0 moor read "$address" fff1 --json --radio bluez:hci1
expect_json "read" 'o["value"] == "1234"' "$output"
expect_status 0 moor write "$address" fff1 5678 --radio bluez:hci1
expect_status 0 moor read "$address" fff1 --json --radio bluez:hci1
expect_json "and written" 'o["value"] == "5678"' "$output"
