# lab: world examples/worlds/esp32.toml
# lab: timeout 180
# A simulated device as bluetoothctl sees it; btmon finds nothing wrong with what the controller says.
# What btmon said while it listened (5.66 reading a file of its own crashes at some answers). bluetoothd says RSSI 127 where it wants no filter.
nothing_wrong() {
  ! grep -av 'RSSI: invalid (0x7f)' /out/btmon.log | grep -aiE 'invalid|malformed|unknown (event|command|advertising|connection|hci)|not permitted|reserved \('
}
start btmon btmon -w /out/bluetoothctl.btsnoop
eventually "btmon listens" test -s /out/bluetoothctl.btsnoop
device=A4:CF:12:34:56:78

start ctl bluetoothctl
wait_for ctl "Agent registered"
tell ctl "scan on"
wait_for ctl "Device $device ESP32-EnvSensor"
tell ctl "connect $device"
wait_for ctl "Connection successful"
wait_for ctl "ServicesResolved: yes"
forget ctl
tell ctl "menu gatt"
tell ctl "select-attribute 2a6e0000-0000-1000-8000-00805f9b34fb"
tell ctl "read"
wait_for ctl "Attempting to read"
wait_for ctl "Value:"
tell ctl "notify on"
wait_for ctl "Notify started"
forget ctl
wait_for ctl "Value:"
tell ctl "notify off"
wait_for ctl "Notify stopped"
tell ctl "back"
forget ctl
tell ctl "disconnect $device"
wait_for ctl "Successful disconnected"
tell ctl "remove $device"
wait_for ctl "Device has been removed"
stop ctl
stop world INT
stop btmon INT
expect "nothing that btmon calls wrong" nothing_wrong
