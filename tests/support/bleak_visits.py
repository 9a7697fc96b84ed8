"""python3-bleak as a program that uses BlueZ: scans, connects, lists services, reads, writes, is notified. One line for each thing it sees."""

import asyncio

from bleak import BleakClient, BleakScanner

TEMPERATURE = "00002a6e-0000-1000-8000-00805f9b34fb"


async def main():
    heard = asyncio.Queue()
    async with BleakScanner(lambda device, advertisement: heard.put_nowait((device, advertisement))):
        device, advertisement = await asyncio.wait_for(heard.get(), 10)
        print("heard", device.address, device.name, advertisement.rssi, advertisement.manufacturer_data[0x1234].hex())

    values = asyncio.Queue()
    async with BleakClient(device) as client:
        for service in client.services:
            for each in service.characteristics:
                print("has", service.uuid[4:8], each.uuid[4:8], each.handle, ",".join(each.properties),
                      ",".join(descriptor.uuid[4:8] for descriptor in each.descriptors))
        print("read", (await client.read_gatt_char(TEMPERATURE)).hex())
        await client.write_gatt_char(TEMPERATURE, b"\x0a\x0b", response=True)
        await client.start_notify(TEMPERATURE, lambda _, value: values.put_nowait(value))
        print("read again", (await client.read_gatt_char(TEMPERATURE)).hex())
        print("echo", (await asyncio.wait_for(values.get(), 10)).hex())
        print("notified", (await asyncio.wait_for(values.get(), 10)).hex())
        await client.stop_notify(TEMPERATURE)
    print("connected", client.is_connected)


asyncio.run(main())
