"""Where the lab's kernel comes from: somebody names it, it lies packed beside the project, or it is built once from Debian's source."""

import contextlib
import fcntl
import hashlib
import lzma
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
RECIPE = [HERE / "kernel" / name for name in ("config", "fixes.patch", "build")]


class Missing(Exception):
    """There is no kernel, and it says why."""


def find():
    """Path of the kernel, made where it was not there. @throws Missing"""
    named = os.environ.get("MOOR_LAB_KERNEL")
    if named:
        if not os.access(named, os.X_OK):
            raise Missing(f"MOOR_LAB_KERNEL names {named}, which is no program")
        return named
    if os.uname().machine != "x86_64":
        raise Missing(f"a kernel as a process is for x86_64, not for {os.uname().machine}")
    packed = pathlib.Path(os.environ.get("MOOR_LAB") or HERE.parent.parent.parent / "shared" / "lab") / "linux.xz"
    sources = [packed] if packed.is_file() else RECIPE
    name = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    with locked(cache()) as folder:
        made = folder / f"linux-{name}"
        if not made.exists():
            unpack(packed, made) if packed.is_file() else build(made)
    return str(made)


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(base, "moor", "lab")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Missing(f"no place for its kernel ({error}); set XDG_CACHE_HOME") from error
    return folder


@contextlib.contextmanager
def locked(folder):
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def unpack(packed, made):
    part = made.with_suffix(".part")
    with lzma.open(packed) as source, open(part, "wb") as target:
        shutil.copyfileobj(source, target)
    part.chmod(0o755)
    part.rename(made)


def build(made):
    """Some minutes. Not tried again after it failed, until its log is removed."""
    log = made.with_suffix(".failed.log")
    if log.exists():
        raise Missing(f"its kernel could not be built; remove {log} to try again")
    with open(log, "w", encoding="utf-8") as output:
        done = subprocess.run([HERE / "kernel" / "build", made], stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0 or not made.exists():
        raise Missing(f"its kernel could not be built, see {log}")
    log.unlink()
