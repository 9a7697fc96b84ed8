# lab: world examples/worlds/pairing.toml
# lab: timeout 240
# Pairing as bluetoothd does it, with simulated devices: just works, a passkey that the device shows, numbers to compare, one that refuses; reads that need
# encryption; a bond that outlives the link.
nothing_wrong() {
  ! grep -av 'RSSI: invalid (0x7f)' /out/btmon.log | grep -aiE 'invalid|malformed|unknown (event|command|advertising|connection|hci)|not permitted|reserved \('
}
start btmon btmon -w /out/pair.btsnoop
eventually "btmon listens" test -s /out/pair.btsnoop
plain=A4:CF:12:00:01:01 lock=A4:CF:12:00:01:02 clock=A4:CF:12:00:01:04 shy=A4:CF:12:00:01:05

start ctl bluetoothctl --agent KeyboardDisplay
wait_for ctl "Agent registered"
tell ctl "scan on"
for device in $plain $lock $clock $shy; do wait_for ctl "Device $device"; done
tell ctl "scan off"
wait_for ctl "Discovery stopped"

forget ctl
tell ctl "pair $plain"
wait_for ctl "Pairing successful"
tell ctl "menu gatt"
tell ctl "select-attribute 00002a6e-0000-1000-8000-00805f9b34fb"
tell ctl "read"
wait_for ctl "66 08" # 21.5 °C
tell ctl "back"

forget ctl
tell ctl "pair $lock"
wait_for ctl "Enter passkey"
tell ctl "123456"
wait_for ctl "Pairing successful"

forget ctl
tell ctl "pair $clock"
wait_for ctl "Confirm passkey"
tell ctl "yes"
wait_for ctl "Pairing successful"

forget ctl
tell ctl "pair $shy"
wait_for ctl "Failed to pair"

forget ctl
tell ctl "disconnect $plain"
wait_for ctl "Device $plain Connected: no"
# The kernel is busy until the controller has said that the link is gone; bluetoothd does not wait for that.
connect_again() { bluetoothctl --timeout 10 connect $plain | grep -a "Connection successful"; }
eventually "a bonded device connects again" connect_again
forget ctl
tell ctl "menu gatt"
tell ctl "select-attribute 00002a6e-0000-1000-8000-00805f9b34fb"
tell ctl "read"
wait_for ctl "66 08"
stop ctl
stop world INT
stop btmon INT
expect "nothing that btmon calls wrong" nothing_wrong
