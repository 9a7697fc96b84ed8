# lab: world examples/worlds/esp32.toml
# lab: timeout 120
# The same tree, read by bleak through the kernel and bluetoothd, and by moor from the world itself.
cat >/run/trees.py <<'P'
import asyncio
import json
import subprocess
import sys

from bleak import BleakClient, BleakScanner

ADDRESS, WORLD = "A4:CF:12:34:56:78", "examples/worlds/esp32.toml"


def line(characteristic, handle):
    properties = sorted(each.lower().replace("_", "-") for each in characteristic["properties"])
    descriptors = sorted((each["uuid"], each["handle"]) for each in characteristic["descriptors"])
    return characteristic["uuid"], handle, tuple(properties), tuple(descriptors)


# bluetoothd keeps Generic Access to itself, and to it a characteristic's handle is that of its declaration.
async def through_bluetoothd():
    device = await BleakScanner.find_device_by_address(ADDRESS, 20)
    async with BleakClient(device, timeout=30) as client:
        return {
            (service.uuid, service.handle): sorted(
                line(dict(uuid=c.uuid, properties=c.properties, descriptors=[dict(uuid=d.uuid, handle=d.handle) for d in c.descriptors]),
                     c.handle + 1)
                for c in service.characteristics)
            for service in client.services
        }


def directly():
    told = subprocess.run([sys.argv[1], "explore", ADDRESS, "--json", "--radio", f"sim:{WORLD}?speed=max"], capture_output=True, check=True)
    return {
        (service["uuid"], service["handle"]): sorted(line(c, c["handle"]) for c in service["characteristics"])
        for service in json.loads(told.stdout)["services"]
        if not service["uuid"].startswith("00001800")
    }


a, b = asyncio.run(through_bluetoothd()), directly()
print(a)
sys.exit(a != b or not a)
P
expect "the trees are equal" timeout 80 python3 /run/trees.py "$MOOR"
