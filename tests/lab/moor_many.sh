# lab: world tests/lab/worlds/house.toml
# lab: timeout 300
# Many connections at a time, over two adapters, with a scan beside them.
LAB_PATIENCE=60
start scan "$MOOR" scan --follow --json
for n in 1 2 3 4 5 6; do
  start node$n "$MOOR" notify A4:CF:12:00:04:0$n 2a19 --count 8 --duration 90 --json --radio bluez:hci$((n % 2)) --wait 30
done
for n in 1 2 3 4 5 6; do
  await_end node$n
  ((status == 0)) || lab_failed "node $n ended with $status"
  expect_json "node $n notified" '[line["value"] for line in lines if "value" in line] == ["32"] * 8' "$(grep '^{' $LAB_LOGS/node$n.log)"
done
forget scan
wait_for scan A4:CF:12:00:03:01
stop scan INT
expect_status 0 moor radios --json --radio bluez:hci0 --radio bluez:hci1
expect_json "both adapters are ready" '[r["state"] for r in o["radios"]] == ["ready", "ready"]' "$output"
