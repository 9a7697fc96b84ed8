# lab: world tests/lab/worlds/silent.toml
# lab: timeout 330
# A controller goes silent: after two minutes the hub starts its scan anew, which does not help, and after three it powers it off and on
# (docs/hub.md). A device that came into range meanwhile is found then, and works.
start btmon btmon -w /out/silent.btsnoop
eventually "btmon listens" test -s /out/silent.btsnoop
begin=$SECONDS
expect_status 0 moor read A4:CF:12:00:07:02 2a19 --wait 260 --json
took=$((SECONDS - begin))
expect_json "a device that was not heard before the recovery is read after it" 'o["value"] == "55"' "$output"
((took > 90)) || lab_failed "the radio was not silent: it took $took s"
echo "ok: after $took s"
expect_status 0 moor scan --duration 3 --json
expect_json "and the adapter hears all" 'len(o["devices"]) == 2' "$output"
