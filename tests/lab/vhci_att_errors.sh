# lab: world tests/lab/worlds/att_errors.toml
# lab: timeout 240
# Each error code of the attribute protocol, of characteristics and descriptors, as bleak is told it. 0x05 and 0x0F are not among them: at these
# bluetoothd pairs, and where that fails it answers nothing until the link ends.
cat >/run/att_errors.py <<'P'
import asyncio
import sys

from bleak import BleakClient, BleakScanner

# What bluetoothd has words of its own for (src/gatt-client.c, create_gatt_dbus_error); others are told by number.
WORDS = {
    "02": "Read not permitted",
    "03": "Write not permitted",
    "06": "not supported",
    "07": "Invalid offset",
    "08": "Not Authorized",
    "0c": "Not paired",
    "0d": "Invalid Length",
}


async def refusal(operation):
    try:
        await asyncio.wait_for(operation, 15)
    except Exception as error:
        return str(error) or repr(error)
    return "done"


async def main():
    device = await BleakScanner.find_device_by_address("A4:CF:12:00:02:01", 20)
    checked = wrong = 0
    async with BleakClient(device, timeout=30) as client:
        for service in client.services:
            for characteristic in service.characteristics:
                code = characteristic.uuid[6:8]
                if not characteristic.uuid.startswith("0000ee") or code in ("05", "0f"):
                    continue
                descriptor = next(d for d in characteristic.descriptors if d.uuid.startswith("0000ed"))
                for what, operation in (
                    ("read", client.read_gatt_char(characteristic)),
                    ("write", client.write_gatt_char(characteristic, b"x", True)),
                    ("notify", client.start_notify(characteristic, lambda *_: None)),
                    ("read descriptor", client.read_gatt_descriptor(descriptor.handle)),
                    ("write descriptor", client.write_gatt_descriptor(descriptor.handle, b"x")),
                ):
                    told = await refusal(operation)
                    checked += 1
                    if WORDS.get(code, f"0x{code}") not in told:
                        wrong += 1
                        print(code, what, told)
    print(checked, "refusals,", wrong, "wrong")
    sys.exit(wrong > 0 or checked != 22 * 5)


asyncio.run(main())
P
expect "each code is told" timeout 150 python3 /run/att_errors.py
