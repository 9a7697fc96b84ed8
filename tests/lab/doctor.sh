# lab: controllers 1
# lab: timeout 120
# What moor doctor finds on a machine that is broken in one way after another.
rm -f /.dockerenv # of the machine that the lab is on
check() { expect_json "$1" "(lambda c: $2)({each['name']: each for each in o['checks']})" "$output"; }

expect_status 0 moor doctor --json
check "all is well" 'all(each["ok"] for each in c.values())'
check "BlueZ tells its version" '"5." in c["version"]["what"]'

expect_status 0 setpriv --bounding-set=-net_admin --inh-caps=-net_admin -- "$MOOR" doctor --json
check "without the capability" '"setcap" in c["management socket"]["remedy"] and not c["management socket"]["needed"]'

power_off hci0
expect_status 0 moor doctor --json
check "an adapter that is off" '"hci0 is off" in c["power"]["what"]'

echo 1 >"$(echo /sys/class/bluetooth/hci0/rfkill*/soft)"
expect_status 7 moor doctor --json
check "rfkill" 'c["rfkill"]["remedy"] == "rfkill unblock bluetooth"'
echo 0 >"$(echo /sys/class/bluetooth/hci0/rfkill*/soft)"

kill -STOP "${lab_pids[bluetoothd]}"
begin=$SECONDS
expect_status 7 moor doctor --json
check "bluetoothd that hangs" '"does not answer" in c["bluetoothd"]["what"]'
((SECONDS - begin < 15)) || lab_failed "the doctor took $((SECONDS - begin)) s"
kill -CONT "${lab_pids[bluetoothd]}"

stop bluetoothd KILL
expect_status 7 moor doctor --json
check "no bluetoothd" '"systemctl enable --now bluetooth" in c["bluetoothd"]["remedy"]'

stop btvirt
expect_status 7 moor doctor --json
check "no adapter" '"no Bluetooth adapter" in c["adapter"]["what"]'

stop dbus-daemon KILL
expect_status 7 moor doctor --json
check "nobody serves the bus" '"systemctl restart dbus" == c["bus"]["remedy"]'
rm /run/dbus/system_bus_socket
expect_status 7 moor doctor --json
check "no bus" '"apt install dbus" in c["bus"]["remedy"]'
touch /.dockerenv
expect_status 7 moor doctor --json
check "no bus in a container" '"-v /run/dbus:/run/dbus:ro" in c["bus"]["remedy"]'
