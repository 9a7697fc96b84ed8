# lab: world examples/worlds/pairing.toml
# lab: timeout 240
# moor as the one who pairs: each method, a refusal, what is bonded, and forgetting it.
start btmon btmon -w /out/pair.btsnoop
eventually "btmon listens" test -s /out/pair.btsnoop
expect_status 0 moor pair A4:CF:12:00:01:01 --json
expect_json "just works" 'o["paired"] and o["bonded"]' "$output"
expect_status 0 moor read A4:CF:12:00:01:01 2a6e --json
expect_json "what needs encryption is read" 'o["value"] == "6608"' "$output"
expect_status 0 moor pair A4:CF:12:00:01:02 --passkey 123456 --json
expect_json "a passkey" 'o["paired"]' "$output"
expect_status 0 moor read A4:CF:12:00:01:02 fff1 --json
expect_json "its secret" 'o["value"] == "01"' "$output"
expect_status 0 moor pair A4:CF:12:00:01:04 --yes --json
expect_json "numbers compared" 'o["paired"]' "$output"

status=0
moor pair A4:CF:12:00:01:05 --json >/run/refused 2>&1 || status=$?
((status != 0)) || lab_failed "a device that refuses was paired: $(</run/refused)"
expect_status 0 moor unpair A4:CF:12:00:01:01 --json
expect_json "forgotten" 'not o["bonded"]' "$output"
eventually "bluetoothd has forgotten it" bash -c '! bluetoothctl paired-devices | grep A4:CF:12:00:01:01'
expect_status 0 moor pair A4:CF:12:00:01:01 --json
expect_json "and paired anew" 'o["paired"]' "$output"
