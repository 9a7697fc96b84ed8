# lab: world tests/lab/worlds/house.toml
# lab: timeout 300
# bluetoothd and the bus are killed and come back: a scan and a session go on by themselves.
LAB_PATIENCE=60
over_bus() { start "$1" setpriv --bounding-set=-net_admin --inh-caps=-net_admin -- "$MOOR" "${@:2}"; }
start raw "$MOOR" scan --follow --json --radio bluez:hci1
over_bus plain scan --follow --json --radio bluez:hci1
start session "$MOOR" monitor A4:CF:12:00:03:01 --read 2a19 --every 1s --json --radio bluez:hci0
everything_goes_on() {
  for name in raw plain session; do forget $name; done
  wait_for raw A4:CF:12:00:04:01
  wait_for plain A4:CF:12:00:04:01
  wait_for session '"55"'
}
everything_goes_on

stop bluetoothd KILL
start_bluetoothd
power_on hci0
power_on hci1
everything_goes_on
say "after a bluetoothd that was killed"

stop bluetoothd TERM
start_bluetoothd
power_on hci0
power_on hci1
everything_goes_on
say "after one that was restarted"

stop bluetoothd KILL
stop dbus-daemon KILL
start_bus
start_bluetoothd
power_on hci0
power_on hci1
everything_goes_on
say "after the bus"

for name in raw plain session; do
  stop $name INT
  ((status == 130 || status == 0)) || lab_failed "$name ended with $status"
done
expect "the session's last line is its summary" grep -q summary <<<"$(tail -n 1 $LAB_LOGS/session.log)"
