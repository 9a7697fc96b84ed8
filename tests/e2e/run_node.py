#!/usr/bin/env python3
"""Runs the dashboard's own tests (web/tests) with what dashboard.install has put into a folder of the build, where packages are found.

    run_node.py INSTALLED SOURCES check|FILE...

"check" is the type check of all its sources.
"""

import shutil
import subprocess
import sys
from pathlib import Path

PARTS = ("src", "dev", "tests", "tsconfig.json", "svelte.config.js", "vite.config.js")


def main():
    installed, sources, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    node = (installed / "installed").read_text().strip()
    home = installed / f"run-{what[0].split('.')[0]}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "package.json").write_text('{"type": "module"}\n')
    data = installed / "data"  # the simulated gateway reads tables of the program, at ../../data
    data.unlink(missing_ok=True)
    data.symlink_to(sources.parent / "data")
    for part in PARTS:
        copy = shutil.copytree if (sources / part).is_dir() else shutil.copy
        copy(sources / part, home / part)
    if what == ["check"]:
        command = [node, installed / "node_modules/svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"]
    else:
        command = [node, "--test", "--test-concurrency=1", *(f"tests/{name}" for name in what)]
    sys.exit(subprocess.run(command, cwd=home).returncode)


if __name__ == "__main__":
    main()
