# lab: world tests/lab/worlds/house.toml
# lab: timeout 300
# The operations of a client: connect and reconnect, explore, read, long values, write, notify, indicate, descriptors, errors, MTU, a device that
# is not there and one that never answers.
start btmon btmon -w /out/gatt.btsnoop
eventually "btmon listens" test -s /out/gatt.btsnoop
sensor=A4:CF:12:00:03:01

expect_status 0 moor explore $sensor --json
expect_json "the table is whole" '{s["uuid"][4:8] for s in o["services"]} >= {"180f", "fff0"}' "$output"
expect_json "values are there" '[c["value"] for s in o["services"] for c in s["characteristics"] if c["uuid"][4:8] == "fff1"] == ["0102"]' "$output"
expect_json "descriptors too" '"4c6162" in [d["value"] for s in o["services"] for c in s["characteristics"] for d in c["descriptors"]]' "$output"
expect_json "the MTU has grown" 'o["mtu"] > 23' "$output"
expect_json "the device is named" 'o["device_name"] == "Sensor"' "$output"
first=$output
expect_status 0 moor explore $sensor --json
expect_json "a remembered table is the same" "[s['uuid'] for s in o['services']] == [s['uuid'] for s in __import__('json').loads('''$first''')['services']]" "$output"

for again in 1 2 3; do
  expect_status 0 moor read $sensor 2a19 --json
  expect_json "read, connection $again" 'o["value"] == "55"' "$output"
done
expect_status 0 moor read $sensor fff5 --json
expect_json "a long value is read whole" 'len(o["value"]) == 640 and o["value"].startswith("000102") and o["value"].endswith("3e3f")' "$output"

expect_status 0 moor write $sensor fff1 beef
expect_status 0 moor read $sensor fff1 --json
expect_json "what was written is there" 'o["value"] == "beef"' "$output"
expect_status 0 moor write $sensor fff2 07 --without-response
expect_status 0 moor read $sensor fff2 --json
expect_json "without response too" 'o["value"] == "07"' "$output"
long=$(printf '%0600d' 0)
expect_status 0 moor write $sensor fff5 "$long"
expect_status 0 moor read $sensor fff5 --json
expect_json "a long value is written whole" "o['value'] == '$long'" "$output"

expect_status 1 moor read $sensor fff4
expect "an error of the device has its code" grep -qi 0x80 <<<"$errors"
expect_status 1 moor write $sensor fff4 00
expect "of a write too" grep -qiE '0x03|not permitted' <<<"$errors"
expect_status 1 moor read $sensor fffe
expect "a characteristic that is not there is said not to be" grep -qi fffe <<<"$errors"

expect_status 0 moor notify $sensor 2a19 --count 5 --duration 20 --json
expect_json "notifications come" '[line["value"] for line in lines if "value" in line] == ["55"] * 5' "$output"
expect_status 0 moor notify $sensor fff3 --count 3 --duration 20 --json
expect_json "indications come" '[line["value"] for line in lines if "value" in line] == ["2a"] * 3' "$output"

expect_status 3 moor read A4:CF:12:99:99:99 2a19 --wait 3
begin=$SECONDS
expect_status 3 moor read A4:CF:12:00:05:03 2a19 --timeout 4 --attempts 1
((SECONDS - begin < 30)) || lab_failed "a device that never answers held it for $((SECONDS - begin)) s"
expect "after all that it still works" "$MOOR" read $sensor 2a19
not_connected() { ! busctl --timeout=2 tree --list org.bluez | grep "/dev_A4_CF_12_00_03_01$" | while read -r path; do busctl get-property org.bluez "$path" org.bluez.Device1 Connected; done | grep true; }
eventually "no link is left behind" not_connected
