# lab: world tests/lab/worlds/suite.toml
# lab: timeout 180
# What bleak's own integration suite asks of a client, asked of the library: tests/lab/suite.
suite=$(dirname "$MOOR")/../tests/lab/moor_lab_suite
timeout 150 "$suite" --gtest_brief=1 >&$lab_output 2>&1
