# lab: world tests/lab/worlds/house.toml
# lab: timeout 240
# What goes away under way: the device, while it is connected; the object of a device, while connecting; the adapter, while scanning and while
# connected; the power.
LAB_PATIENCE=60
sensor=A4:CF:12:00:03:01

start quitter "$MOOR" monitor A4:CF:12:00:05:02 --notify 2a19 --json --radio bluez:hci0
wait_for quitter '"28"'
wait_for quitter disconnected
forget quitter
wait_for quitter '"28"'
say "a device that leaves is connected again"
stop quitter INT

# bluetoothd forgets the device in the middle of connecting to it.
start deaf "$MOOR" read A4:CF:12:00:05:03 2a19 --timeout 15 --attempts 1 --radio bluez:hci0
eventually "it is being connected" bash -c 'busctl --timeout=2 tree --list org.bluez | grep -q dev_A4_CF_12_00_05_03'
eventually "its object is removed" busctl --timeout=5 call org.bluez /org/bluez/hci0 org.bluez.Adapter1 RemoveDevice o /org/bluez/hci0/dev_A4_CF_12_00_05_03
LAB_PATIENCE=120 # nine attempts of a transient kind
await_end deaf
LAB_PATIENCE=60
((status != 0)) || lab_failed "a device that never answers was read"
say "and a removal while connecting ends it with $status"

power_off hci1
expect_status 0 moor scan --duration 3 --radio bluez:hci1 --json
say "an adapter that is off is turned on"

start scan "$MOOR" scan --follow --json --radio bluez:hci0
start session "$MOOR" monitor $sensor --read 2a19 --every 1s --json --radio bluez:hci0
wait_for scan A4:CF:12:00:04:01
wait_for session '"55"'
stop world KILL
eventually "the adapters are gone" test ! -e /sys/class/bluetooth/hci0
await_end scan
((status == 7)) || lab_failed "a scan whose adapter is gone ended with $status"
expect_status 7 moor scan --duration 2
expect "without an adapter there is advice" test -n "$errors"
start_world tests/lab/worlds/house.toml
power_on hci0
forget session
wait_for session '"55"'
say "the session goes on when the adapter is back"
stop session INT
