#!/usr/bin/env python3
"""The Debian package in a Debian of its own: installed, run, upgraded with a changed configuration, removed and purged.

The system is made with mmdebstrap from this machine's own package sources; where that is not possible the test is skipped and says so."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def expect(holds, what):
    if not holds:
        raise SystemExit(what)


def sources():
    """Where this machine has its packages from, as one-line or deb822 files."""
    folder = pathlib.Path("/etc/apt")
    files = [folder / "sources.list", *folder.glob("sources.list.d/*.list"), *folder.glob("sources.list.d/*.sources")]
    return [path for path in files if path.exists() and "bookworm" in path.read_text()]


class System:
    """A Debian in a folder."""

    def __init__(self, folder):
        self.root = folder
        run("mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt", "--include=systemd,ca-certificates", "bookworm", folder, *sources())
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", folder / "etc" / name)

    def run(self, *command, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("chroot", self.root, *command, env=environment, **options)

    def install(self, package):
        shutil.copy(package, self.root / "root" / package.name)
        return self.run("apt-get", "install", "-y", "--no-install-recommends", f"/root/{package.name}")

    def path(self, absolute):
        return self.root / absolute.lstrip("/")


def with_version(package, version, folder):
    """The same package under another version."""
    tree = folder / "tree"
    run("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    target = folder / f"moor_{version}.deb"
    run("dpkg-deb", "-b", tree, target)
    return target


def check_installed(system):
    config = system.path("/etc/moor/moor.toml")
    expect("moor 0" in system.run("moor", "--version"), "the program does not run")
    expect(config.stat().st_mode & 0o777 == 0o640, f"the configuration's mode is {config.stat().st_mode & 0o777:o}")
    group = re.search(r"^moor:[^:]*:(\d+):", system.path("/etc/group").read_text(), re.MULTILINE)
    expect(group and int(group[1]) == config.stat().st_gid, "the configuration is not of the group moor")
    enabled = system.path("/etc/systemd/system/multi-user.target.wants/moor.service")
    expect(enabled.is_symlink(), "the service is not enabled")
    expect(system.path("/usr/share/man/man1/moor-gateway.1.gz").exists(), "there are no manual pages")
    verified = system.run("systemd-analyze", "verify", "--man=no", "moor.service")
    expect("moor" not in verified, verified)
    system.run("setpriv", "--reuid=moor", "--regid=moor", "--clear-groups", "moor", "gateway", "--check", "--config", "/etc/moor/moor.toml")


def check_runs(system):
    """As the service's user, on the demo's recording, with the store where the service has it."""
    data = system.path("/var/lib/moor")
    data.mkdir(mode=0o750, exist_ok=True)
    user = re.search(r"^moor:[^:]*:(\d+):(\d+):", system.path("/etc/passwd").read_text(), re.MULTILINE)
    os.chown(data, int(user[1]), int(user[2]))
    lines = system.run("setpriv", "--reuid=moor", "--regid=moor", "--clear-groups", "moor", "gateway", "--config", "/etc/moor/moor.toml", "--radio",
                       "replay:/usr/share/moor/demo-shop.btsnoop?speed=max", "--json").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    expect(events[0] == "started" and events[-1] == "stopped" and "visit" in events, f"the gateway said {set(events)}")
    expect((data / "moor.db").exists(), "there is no store")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--build", "--cpack"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("mmdebstrap") or not sources():
        print("skipped: this needs root, mmdebstrap and a Debian 12 to take packages from")
        sys.exit(SKIPPED)

    with tempfile.TemporaryDirectory(prefix="moor-debian-") as temporary:
        folder = pathlib.Path(temporary)
        run(options.cpack, "-G", "DEB", "-B", folder / "packages", cwd=options.build)
        package = next((folder / "packages").glob("moor_*.deb"))
        system = System(folder / "system")

        system.install(package)
        check_installed(system)
        check_runs(system)

        changed = system.path("/etc/moor/moor.toml").read_text().replace('name = "moor"', 'name = "shop"')
        system.path("/etc/moor/moor.toml").write_text(changed)
        system.install(with_version(package, "99.0-1", folder))
        expect(system.path("/etc/moor/moor.toml").read_text() == changed, "the upgrade changed the configuration")
        expect("99.0-1" in system.run("dpkg-query", "-W", "moor"), "the upgrade did not happen")
        check_runs(system)

        system.run("apt-get", "remove", "-y", "moor")
        expect(not system.path("/usr/bin/moor").exists(), "the program stays after its removal")
        expect(system.path("/etc/moor/moor.toml").exists(), "the removal took the configuration")
        system.run("apt-get", "purge", "-y", "moor")
        left = [path for path in ("/etc/moor", "/var/lib/moor", "/lib/systemd/system/moor.service", "/usr/share/moor",
                                  "/etc/systemd/system/multi-user.target.wants/moor.service") if os.path.lexists(system.path(path))]
        expect(not left, f"the purge left {left}")
    print("installed, run, upgraded, removed and purged")


if __name__ == "__main__":
    main()
