"""The files of the project: what git tracks, or everything but what is built where there is no git."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "build", ".cache", "node_modules", "__pycache__"}


def files(*suffixes, below=""):
    """Paths relative to ROOT with one of the suffixes, sorted; all files if none is given."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = walk()
    found = [pathlib.Path(name) for name in listed if name and (ROOT / name).is_file()]
    return sorted(path for path in found if path.as_posix().startswith(below) and (not suffixes or path.suffix in suffixes))


def walk():
    for directory, names, leaves in os.walk(ROOT):
        names[:] = [name for name in names if name not in NOT_OURS]
        for leaf in leaves:
            yield str(pathlib.Path(directory, leaf).relative_to(ROOT))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")
