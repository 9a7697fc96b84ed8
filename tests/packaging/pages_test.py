#!/usr/bin/env python3
"""Manual pages: each is shown without a warning, and says what its command is for. Completions are good shell."""

import argparse
import gzip
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", required=True, type=pathlib.Path)
    pages = parser.parse_args().pages

    files = sorted(pages.glob("man/man?/*.gz"))
    names = {path.name for path in files}
    missing = {"moor.1.gz", "moor-gateway.1.gz", "moor-scan.1.gz", "moor.toml.5.gz"} - names
    if missing:
        sys.exit(f"no pages {sorted(missing)} among {sorted(names)}")
    for path in files:
        source = gzip.decompress(path.read_bytes())
        shown = subprocess.run(["man", "--warnings=w", "-E", "UTF-8", "-l", "-"], input=source, capture_output=True,
                               env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
        text = shown.stdout.decode()
        if shown.returncode != 0 or shown.stderr:
            sys.exit(f"{path.name}: {shown.stderr.decode()}")
        if "NAME" not in text or len(text.splitlines()) < 15:
            sys.exit(f"{path.name} shows as:\n{text}")
    subprocess.run(["bash", "-n", pages / "completions" / "moor"], check=True)
    completed = subprocess.run(["bash", "-c", f"source '{pages}/completions/moor'; COMP_WORDS=(moor gate); COMP_CWORD=1; _moor; echo \"${{COMPREPLY[*]}}\""],
                               capture_output=True, text=True, check=True).stdout.strip()
    if completed != "gateway":
        sys.exit(f"'moor gate' completes to {completed!r}")
    print(f"{len(files)} pages without a warning")


if __name__ == "__main__":
    main()
