#!/usr/bin/env python3
"""The service's unit: well formed, and little exposed by systemd's own measure."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

EXPOSURE = 2.0  # systemd-analyze security: 0 is nothing, 10 all


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    unit = parser.parse_args().source / "packaging" / "moor.service"

    said = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True)
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)
    if not exposure:
        sys.exit(f"systemd-analyze said no exposure level:\n{said.stdout}{said.stderr}")
    if float(exposure[1]) >= EXPOSURE:
        sys.exit(f"the unit's exposure is {exposure[1]}, not below {EXPOSURE}:\n{said.stdout}")

    # The program and its manual pages are not installed here: what else is wrong with the unit shows with stand-ins.
    with tempfile.TemporaryDirectory(prefix="moor-unit-") as folder:
        copy = pathlib.Path(folder) / "moor.service"
        text = unit.read_text().replace("/usr/bin/moor", "/bin/true")
        copy.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
        wrong = [line for line in (verified.stdout + verified.stderr).splitlines() if "moor.service" in line]
        if wrong:
            sys.exit("\n".join(wrong))
    print(f"exposure {exposure[1]}, and nothing wrong with the unit")


if __name__ == "__main__":
    main()
