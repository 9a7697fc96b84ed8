# lab: controllers 2
# The lab itself: a kernel with Bluetooth, bluetoothd on a bus, controllers with power; and all of it can go and come back.
for name in hci0 hci1; do
  expect "$name has an address" grep : <<<"$(adapter $name Address)"
  expect "$name is powered" grep true <<<"$(adapter $name Powered)"
done

stop bluetoothd
expect "without bluetoothd nobody has its name" test -z "$(has_name org.bluez && echo there)"
start_bluetoothd
power_on hci1

stop bluetoothd KILL
stop dbus-daemon KILL
expect_status 1 dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.Peer.Ping
start_bus
start_bluetoothd
power_on hci0

stop btvirt
eventually "adapters go with their controllers" test ! -e /sys/class/bluetooth/hci0
echo kept >/out/kept.txt
