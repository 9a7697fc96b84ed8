# lab: world examples/worlds/pairing.toml
# lab: timeout 300
# Pairing with agents of each capability through the kernel's security manager: what Core's table gives, wrong passkeys, agents that cannot; then the
# secret is read, and again over a new link with the bond.
cat >/run/pairing.py <<'P'
import asyncio
import sys

from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

# Device, the agent's capability, the passkey that is entered, whether they pair, and what the agent was asked.
ROWS = [
    ("01", "NoInputNoOutput", 0, True, []),
    ("02", "KeyboardOnly", 123456, True, ["enter"]),
    ("02", "KeyboardDisplay", 123457, False, ["enter"]),
    ("02", "NoInputNoOutput", 0, False, []),
    ("03", "KeyboardOnly", 654321, True, ["enter"]),
    ("03", "DisplayOnly", 0, False, ["show"]),  # nobody sees what is shown: the device's own passkey is typed
    ("04", "DisplayYesNo", 0, True, ["confirm"]),
    ("05", "KeyboardDisplay", 0, False, []),
]


class Agent(ServiceInterface):
    passkey = 0
    asked = []

    def __init__(self):
        super().__init__("org.bluez.Agent1")

    @method()
    def Release(self):
        pass

    @method()
    def RequestPasskey(self, device: "o") -> "u":
        self.asked.append("enter")
        return self.passkey

    @method()
    def DisplayPasskey(self, device: "o", passkey: "u", entered: "q"):
        self.asked.append("show")

    @method()
    def RequestConfirmation(self, device: "o", passkey: "u"):
        self.asked.append("confirm")

    @method()
    def Cancel(self):
        pass


async def call(bus, path, interface, member, signature="", body=()):
    message = Message(destination="org.bluez", path=path, interface=f"org.bluez.{interface}", member=member, signature=signature, body=list(body))
    reply = await bus.call(message)
    return reply.error_name if reply.message_type.name == "ERROR" else None


async def read_secret(client):
    services = [s for s in client.services if s.uuid[4:8] in ("181a", "fff0", "180d")]
    return await asyncio.wait_for(client.read_gatt_char(services[0].characteristics[0]), 20)


# bluetoothd may still be at the end of the link before.
async def connect(address):
    for attempts_left in (2, 1, 0):
        client = BleakClient(await BleakScanner.find_device_by_address(address, 20), timeout=30)
        try:
            await client.connect()
            return client
        except BleakError:
            if attempts_left == 0:
                raise


async def attempt(bus, address):
    path = "/org/bluez/hci0/dev_" + address.replace(":", "_")
    client = await connect(address)
    failed = await asyncio.wait_for(call(bus, path, "Device1", "Pair"), 40)
    if not failed:
        await read_secret(client)
    await client.disconnect()
    if not failed:
        client = await connect(address)
        await read_secret(client)
        await client.disconnect()
    await call(bus, "/org/bluez/hci0", "Adapter1", "RemoveDevice", "o", [path])
    return not failed


async def main():
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    agent = Agent()
    bus.export("/agent", agent)
    wrong = 0
    for suffix, capability, agent.passkey, pairs, asked in ROWS:
        agent.asked = []
        await call(bus, "/org/bluez", "AgentManager1", "RegisterAgent", "os", ["/agent", capability])
        await call(bus, "/org/bluez", "AgentManager1", "RequestDefaultAgent", "o", ["/agent"])
        paired = await attempt(bus, "A4:CF:12:00:01:" + suffix)
        await call(bus, "/org/bluez", "AgentManager1", "UnregisterAgent", "o", ["/agent"])
        right = paired == pairs and agent.asked == asked
        wrong += not right
        print(suffix, capability, "paired" if paired else "not paired", agent.asked, "" if right else "WRONG", flush=True)
    sys.exit(wrong > 0)


asyncio.run(main())
P
expect "each method" timeout 250 python3 /run/pairing.py
