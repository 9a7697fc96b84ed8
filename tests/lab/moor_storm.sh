# lab: world tests/lab/worlds/house.toml
# lab: timeout 240
# Another program starts and stops its discovery all the time, so that bluetoothd answers InProgress: ours neither fails nor hangs.
LAB_PATIENCE=60
cat >/run/storm.py <<'P'
import asyncio

from bleak import BleakScanner
from bleak.exc import BleakError


async def main():
    count = 0
    while True:
        try:
            async with BleakScanner():
                await asyncio.sleep(0.3)
        except BleakError:
            pass
        count += 1
        print("storm", count, flush=True)


asyncio.run(main())
P
start storm /usr/bin/python3 /run/storm.py
wait_for storm "storm 3"
over_bus() { setpriv --bounding-set=-net_admin --inh-caps=-net_admin -- "$MOOR" "$@"; }
for way in moor over_bus moor over_bus; do
  begin=$SECONDS
  expect_status 0 $way scan --duration 4 --json
  # Over the bus what is heard in so short a time is luck: the controller's filter lets each device through once a discovery, and bluetoothd refuses while it
  # begins or ends the other program's.
  [[ $way == over_bus ]] || expect_json "$way hears in the storm" 'len(o["devices"]) >= 8' "$output"
  ((SECONDS - begin < 40)) || lab_failed "$way took $((SECONDS - begin)) s for a scan of 4 s"
done
for n in 1 2 3; do
  expect_status 0 moor read A4:CF:12:00:03:01 2a19 --json
  expect_json "and reads" 'o["value"] == "55"' "$output"
done
forget storm
wait_for storm storm
stop storm KILL
