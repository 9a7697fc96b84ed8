# lab: controllers 0
# lab: timeout 180
# The same world as a controller of Bluetooth 4.2, and one that filters no duplicates; adapters come and go with the program.
heard() {
  python3 - "$1" <<'P'
import asyncio, sys
from bleak import BleakScanner
heard = 0
def on_heard(device, advertisement):
    global heard
    heard += 1
async def main():
    async with BleakScanner(on_heard):
        await asyncio.sleep(float(sys.argv[1]))
asyncio.run(main())
print(heard)
P
}
# What btmon said while it listened (5.66 reading a file of its own crashes at some answers). bluetoothd says RSSI 127 where it wants no filter.
nothing_wrong() {
  ! grep -av 'RSSI: invalid (0x7f)' /out/btmon.log | grep -aiE 'invalid|malformed|unknown (event|command|advertising|connection|hci)|not permitted|reserved \('
}
start btmon btmon -w /out/legacy.btsnoop
eventually "btmon listens" test -s /out/legacy.btsnoop
start_world examples/worlds/esp32.toml --legacy
power_on hci0
expect "it is heard once a scan or twice" test "$(heard 4)" -lt 6
stop world INT
eventually "the adapter has gone" test ! -e /sys/class/bluetooth/hci0
start_world examples/worlds/esp32.toml --no-duplicate-filter
power_on hci0
expect "ten times a second" test "$(heard 4)" -gt 20
stop world INT
stop btmon INT
said() { grep -ac "$1" /out/btmon.log; }
expect "the first was asked as one of 4.2" said "LE Set Scan Enable"
expect "the second as one of 5" said "LE Set Extended Scan Enable"
expect "nothing that btmon calls wrong" nothing_wrong
