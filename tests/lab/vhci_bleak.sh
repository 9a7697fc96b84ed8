# lab: world examples/worlds/esp32.toml
# lab: timeout 300
# bleak, unchanged, with a simulated world: scan, connect, services, read, write, notify, disconnect, and a device that is not there.
# What btmon said while it listened (5.66 reading a file of its own crashes at some answers). bluetoothd says RSSI 127 where it wants no filter.
nothing_wrong() {
  ! grep -av 'RSSI: invalid (0x7f)' /out/btmon.log | grep -aiE 'invalid|malformed|unknown (event|command|advertising|connection|hci)|not permitted|reserved \('
}
start btmon btmon -w /out/bleak.btsnoop
eventually "btmon listens" test -s /out/bleak.btsnoop
cat >/run/bleak_all.py <<'P'
import asyncio
import sys

from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError


async def main():
    found = await BleakScanner.discover(6, return_adv=True)
    for address, (device, advertisement) in sorted(found.items()):
        print("heard", address, advertisement.local_name, advertisement.rssi)
        assert -100 < advertisement.rssi < -20, advertisement.rssi
    assert found
    connectable = 0
    for address in sorted(found):
        gone = asyncio.Event()
        device = await BleakScanner.find_device_by_address(address, 10)  # bluetoothd forgets what it has not heard for 30 s
        if device is None:
            print("not heard again", address)
            continue
        try:
            async with BleakClient(device, disconnected_callback=lambda _: gone.set(), timeout=10) as client:
                connectable += 1
                print("connected", address)
                await use(client)
        except (BleakError, asyncio.TimeoutError) as error:
            print("not connected", address, type(error).__name__, error)
            continue
        await asyncio.wait_for(gone.wait(), 5)
    assert connectable
    print("connected to", connectable, "devices")
    try:
        async with BleakClient("00:00:00:00:00:99", timeout=5):
            sys.exit("connected to nobody")
    except (BleakError, asyncio.TimeoutError) as error:
        print("as it should be:", error)


async def use(client):
    for service in client.services:
        print("service", service.uuid, hex(service.handle))
        for characteristic in service.characteristics:
            print("  characteristic", characteristic.uuid, hex(characteristic.handle), characteristic.properties)
            value = None
            if "read" in characteristic.properties:
                try:
                    value = await client.read_gatt_char(characteristic)
                    print("    value", value.hex())
                except BleakError as error:
                    print("    refused", error)
            if "write" in characteristic.properties and value is not None:
                try:
                    await client.write_gatt_char(characteristic, value, response=True)
                    assert await client.read_gatt_char(characteristic) == value
                    print("    written")
                except BleakError as error:
                    print("    not written", error)
            if "notify" in characteristic.properties or "indicate" in characteristic.properties:
                values = asyncio.Queue()
                try:
                    await client.start_notify(characteristic, lambda _, data: values.put_nowait(data))
                    try:
                        print("    notified", (await asyncio.wait_for(values.get(), 5)).hex())
                    except asyncio.TimeoutError:
                        print("    no notification")
                    await client.stop_notify(characteristic)
                except BleakError as error:
                    print("    not notified", error)
            for descriptor in characteristic.descriptors:
                print("    descriptor", descriptor.uuid, bytes(await client.read_gatt_descriptor(descriptor.handle)).hex())


asyncio.run(main())
P
start bleak python3 -u /run/bleak_all.py
LAB_PATIENCE=200 await_end bleak
cat /out/bleak.log
expect "bleak's program ends well" test "$status" = 0
expect "it was notified" grep -q "notified " /out/bleak.log
stop world INT
stop btmon INT
expect "nothing that btmon calls wrong" nothing_wrong
