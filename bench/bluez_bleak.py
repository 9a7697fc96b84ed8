"""What python3-bleak costs in bluez_bench: the same commands as bluez_client, on stdin."""

import asyncio
import sys

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice

ADDRESS = "A4:CF:12:00:00:00"
CHARACTERISTIC = "00002a60-0000-1000-8000-00805f9b34fb"


class Client:
    def __init__(self):
        self.count = 0
        self.client = None
        self.scanner = None

    def heard(self, device, advertisement):
        self.count += 1

    def notified(self, characteristic, value):
        self.count += 1

    async def link(self):
        path = "/org/bluez/hci0/dev_" + ADDRESS.replace(":", "_")
        self.client = BleakClient(BLEDevice(ADDRESS, "Sensor 0", {"path": path, "props": {"Adapter": "/org/bluez/hci0"}}, -40))
        await self.client.connect()

    async def obey(self, what, count):
        if what == "count":
            return str(self.count)
        if what == "scan":
            self.scanner = BleakScanner(self.heard, adapter="hci0")
            await self.scanner.start()
        elif what == "link":
            await self.link()
        elif what == "unlink":
            await self.client.disconnect()
        elif what == "subscribe":
            await self.client.start_notify(CHARACTERISTIC, self.notified)
        for _ in range(count):
            if what == "connect":
                await self.link()
                await self.client.disconnect()
            elif what == "read":
                await self.client.read_gatt_char(CHARACTERISTIC)
            elif what == "write":
                await self.client.write_gatt_char(CHARACTERISTIC, b"\x42" * 20, response=True)
        return "done"


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    client = Client()
    print("done", flush=True)
    while line := await reader.readline():
        what, _, count = line.decode().strip().partition(" ")
        print(await client.obey(what, int(count or 0)), flush=True)


asyncio.run(main())
