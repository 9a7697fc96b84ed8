# lab: controllers 0
# lab: timeout 1500
# Sightings delivered of those that the controller sent, by moor over the management socket, by moor over D-Bus and by bleak, at rising rates in one boot:
#
#   tests/lab/lab bench/lab/scan_rates.sh
#
# The controller is a simulated world of 500 devices that cannot be connected to, heard without loss; it ignores the host's filter of duplicates, as cheap
# controllers do. CPU is of all processes between the beginning and the end of the scan, so of bluetoothd and the bus too.
rates=${LAB_RATES:-100 1000 2000 5000 10000}
seconds=10

cat >/run/world.py <<'P'
import sys
rate = int(sys.argv[1])
interval_ms = 500 / rate * 1000 - 5  # devices add 0 to 10 ms
print(f"""
name = "load"
[channel]
fading_db = 0
orientation_db = 0
shadowing_db = 0
collisions = false
[[radio]]
name = "dongle"
position = [0, 0]
[[device]]
name = "Tag {{n}}"
count = 500
address = "C4:00:00:00:00:01"
position = [1, 0]
[device.advertising]
interval = "{interval_ms:.3f} ms"
connectable = false
[[device.advertising.manufacturer]]
company = 0xffff
data = "0102030405060708090a0b0c"
""")
P
cat >/run/count_bleak.py <<'P'
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

# Processor time of processes by name, in seconds.
cpu_of() {
  python3 - "$@" <<'P'
import os, sys
total = 0
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/stat") as file:
            text = file.read()
    except OSError:
        continue
    if text[text.index("(") + 1:text.rindex(")")] in sys.argv[1:]:
        fields = text.rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
print(total / os.sysconf("SC_CLK_TCK"))
P
}
# What the controller handed to the host, as it says when it ends.
sent() {
  python3 -c '
import json
records = [json.loads(line) for line in open("/out/world.log") if line.startswith("{")]
print(max(record.get("reports", 0) for record in records))'
}

listen() {
  case $1 in
    management) "$MOOR" scan --radio bluez --duration $seconds --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["adverts"])' ;;
    bus) setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$MOOR" scan --radio bluez --duration $seconds --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["adverts"])' ;;
    bleak) python3 /run/count_bleak.py $seconds ;;
  esac
}

echo "rate listener sent delivered share daemons_s"
for rate in $rates; do
  python3 /run/world.py "$rate" >/run/load.toml
  for listener in management bus bleak; do
    start_world /run/load.toml --no-duplicate-filter --json
    power_on hci0
    before=$(cpu_of bluetoothd dbus-daemon)
    heard=$(listen $listener || echo 0)
    after=$(cpu_of bluetoothd dbus-daemon)
    stop world INT
    python3 -c "
sent, heard = $(sent), $heard
print(f'$rate $listener {sent} {heard} {heard / max(sent, 1):.4f} {$after - $before:.2f}')" | tee -a /out/rates.txt
  done
done
