#!/usr/bin/env python3
"""What BlueZ costs its users: moor beside python3-bleak, with a bluetoothd of a script (bluez_peer) on a dbus-daemon of this benchmark's own.

usage: bluez_bench.py FOLDER_OF_PROGRAMS [--json]

Processor time is what the scheduler has counted for each process (/proc/PID/task/*/schedstat), system calls what strace has. A peer or a tool that
is not there is skipped, and said so.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

DAEMON = "/usr/bin/dbus-daemon"
PYTHON = "/usr/bin/python3"
HERE = pathlib.Path(__file__).parent
CONFIG = """<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth><policy context='default'><allow user='*'/><allow own='*'/>
<allow send_type='method_call'/><allow send_type='signal'/><allow send_requested_reply='true'/><allow receive_type='method_call'/>
<allow receive_type='signal'/><allow receive_type='method_return'/><allow receive_type='error'/>
<allow send_destination='*' eavesdrop='true'/></policy></busconfig>"""

ROUNDS = 3
LINK_ROUNDS = 5
ADVERTS = 10_000
DEVICES = 50
BURST, GAP_US = 8, 2_000  # 4,000 a second: bluetoothd signals what came in one turn of its loop together
CONNECTS = 50
OPERATIONS = 2_000
SETTLING_S = 16  # until the deadlines of a scan's beginning have passed: 15 s is moor's longest
SILENCE_S = 10
STARTS = 5


class Process:
    """A program that obeys commands, a line each, and answers with a line."""

    def __init__(self, words, environment=None, pass_fds=()):
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        env={**os.environ, **(environment or {})}, pass_fds=pass_fds)
        self.wait()

    def wait(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} has ended")
        return line.strip()

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        return self.wait()

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self):
        return self.process.pid


def cpu_seconds(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def status(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


def system_calls(pid, work):
    """How many the process makes while `work` is done."""
    with tempfile.NamedTemporaryFile("r") as table:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-p", str(pid), "-o", table.name], stderr=subprocess.PIPE, text=True)
        tracer.stderr.readline()  # it is attached
        work()
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
        rows = [line.split() for line in table.read().splitlines()]
        return sum(int(row[3]) for row in rows if len(row) >= 5 and row[0][0].isdigit() and row[-1] != "total")


class Stage:
    """A bus, a scripted bluetoothd with that many devices, and a client."""

    def __init__(self, programs, client, devices):
        self.folder = tempfile.TemporaryDirectory(prefix="moor_bench_")
        path = f"{self.folder.name}/socket"
        (pathlib.Path(self.folder.name) / "bus.conf").write_text(CONFIG.format(path=path))
        self.daemon = subprocess.Popen([DAEMON, f"--config-file={self.folder.name}/bus.conf", "--nofork", "--nopidfile"], stderr=subprocess.DEVNULL)
        while not os.path.exists(path):
            time.sleep(0.01)
        address = f"unix:path={path}"
        self.peer = Process([programs / "bluez_peer", address, devices])
        self.start_client = lambda: Process(client, {"DBUS_SYSTEM_BUS_ADDRESS": address})
        self.client = self.start_client()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.end()
        self.peer.end()
        self.daemon.terminate()
        self.daemon.wait()
        self.folder.cleanup()

    def cpu(self):
        return [cpu_seconds(process.pid) for process in (self.client, self.daemon, self.peer)]

    def cost(self, work):
        before, begun = self.cpu(), time.monotonic()
        work()
        wall = time.monotonic() - begun
        return [after - was for after, was in zip(self.cpu(), before)] + [wall]

    def adverts(self):
        """Until all that was sent has come, or nothing more does. @returns how many did."""
        before = int(self.client.ask("count"))
        self.peer.ask(f"adverts {ADVERTS} {BURST} {GAP_US}")
        return self.settle(before, ADVERTS)

    def notify(self):
        before = int(self.client.ask("count"))
        self.peer.ask(f"notify {OPERATIONS} {BURST} {GAP_US}")
        return self.settle(before, OPERATIONS)

    def settle(self, before, wanted):
        came, until = 0, time.monotonic() + 3
        while came < wanted and time.monotonic() < until:
            time.sleep(0.05)
            came = int(self.client.ask("count")) - before
        return came


def middle(rows):
    return [statistics.median(column) for column in zip(*rows)]


def measure_scan(programs, client):
    with Stage(programs, client, DEVICES) as stage:
        stage.client.ask("scan")
        time.sleep(1)
        stage.adverts()  # warms up
        came = []
        rows = [stage.cost(lambda: came.append(stage.adverts())) for _ in range(ROUNDS)]
        each = [seconds / ADVERTS * 1e6 for seconds in middle(rows)[:3]]
        calls = system_calls(stage.client.pid, stage.adverts) / ADVERTS if shutil.which("strace") else None
        time.sleep(SETTLING_S)
        switches = status(stage.client.pid, "voluntary_ctxt_switches")
        time.sleep(SILENCE_S)
        wakeups = status(stage.client.pid, "voluntary_ctxt_switches") - switches
        return {"client_us": each[0], "daemon_us": each[1], "peer_us": each[2], "all_us": sum(each), "came": min(came) / ADVERTS, "calls": calls, "wakeups": wakeups}


def measure_frames(programs):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client = Process([programs / "bluez_client", "--frames", ours.fileno()], pass_fds=[ours.fileno()])
    peer = Process([programs / "bluez_peer", "--frames", theirs.fileno(), DEVICES], pass_fds=[theirs.fileno()])
    rows, came = [], []
    for _ in range(ROUNDS + 1):
        before = int(client.ask("count"))
        was = [cpu_seconds(client.pid), cpu_seconds(peer.pid)]
        peer.ask(f"adverts {ADVERTS} {BURST} {GAP_US}")
        time.sleep(0.2)
        rows.append([cpu_seconds(client.pid) - was[0], cpu_seconds(peer.pid) - was[1]])
        came.append(int(client.ask("count")) - before)
    advertise = lambda: (peer.ask(f"adverts {ADVERTS} {BURST} {GAP_US}"), time.sleep(0.2))
    calls = system_calls(client.pid, advertise) / ADVERTS if shutil.which("strace") else None
    client.end()
    peer.end()
    each = [seconds / ADVERTS * 1e6 for seconds in middle(rows[1:])]
    return {"client_us": each[0], "peer_us": each[1], "all_us": sum(each), "came": min(came) / ADVERTS, "calls": calls}


def measure_links(programs, clients):
    """Of all clients in turn, round by round, so that what else the machine does meanwhile falls on all of them."""
    results = {name: {} for name in clients}
    with contextlib.ExitStack() as stages:
        on = {name: stages.enter_context(Stage(programs, client, 1)) for name, client in clients.items()}

        def measure_rounds(what, count, work):
            rows = {name: [] for name in clients}
            for _ in range(LINK_ROUNDS):
                for name, stage in on.items():
                    rows[name].append(stage.cost(lambda: work(stage)))
            for name in clients:
                row = middle(rows[name])
                results[name][what] = {"client_us": row[0] / count * 1e6, "wall_us": row[3] / count * 1e6}

        for stage in on.values():
            stage.client.ask("connect 3")
        measure_rounds("connect", CONNECTS, lambda stage: stage.client.ask(f"connect {CONNECTS}"))
        for stage in on.values():
            stage.client.ask("link")
        for what in ("read", "write"):
            for stage in on.values():
                stage.client.ask(f"{what} 100")
            measure_rounds(what, OPERATIONS, lambda stage: stage.client.ask(f"{what} {OPERATIONS}"))
        came = {name: [] for name in clients}
        names = {id(stage): name for name, stage in on.items()}
        for stage in on.values():
            stage.client.ask("subscribe")
            stage.notify()
        measure_rounds("notification", OPERATIONS, lambda stage: came[names[id(stage)]].append(stage.notify()))
        for name, stage in on.items():
            results[name]["notification"]["came"] = min(came[name]) / OPERATIONS
            stage.client.ask("unlink")
    return results


def measure_memory(programs, client):
    with Stage(programs, client, 1000) as stage:
        stage.client.ask("scan")
        time.sleep(1)
        stage.adverts()
        return status(stage.client.pid, "VmRSS") / 1024


def measure_start(programs, client):
    """From the start of the process to its first sighting, in ms, while a device is heard each millisecond."""
    with Stage(programs, client, DEVICES) as stage:
        took = []
        for _ in range(STARTS):
            stage.client.end()
            stage.peer.process.stdin.write("adverts 4000 1 1000\n")
            begun = time.monotonic()
            stage.client = stage.start_client()
            stage.client.ask("scan")
            while stage.client.ask("count") == "0":
                time.sleep(0.001)
            took.append(time.monotonic() - begun)
            stage.peer.wait()
        return statistics.median(took) * 1e3


def measure(programs, client):
    return {"scan": measure_scan(programs, client), "memory_mb": measure_memory(programs, client),
            "first_ms": measure_start(programs, client)}


def show(results, frames):
    names = list(results)

    def row(what, values, form="{:>12.1f}"):
        ratio = f"{values[1] / values[0]:>8.1f}" if len(values) > 1 and values[0] else ""
        print(f"{what:<58}" + "".join(form.format(value) for value in values) + ratio)

    print(f"{'microseconds of processor time':<58}" + "".join(f"{name:>12}" for name in names) + ("   ratio" if len(names) > 1 else ""))
    all_of = list(results.values())
    row("advertisement over the bus, client", [each["scan"]["client_us"] for each in all_of])
    row("  client, dbus-daemon and peer", [each["scan"]["all_us"] for each in all_of])
    row("  delivered, percent", [each["scan"]["came"] * 100 for each in all_of])
    row("advertisement over the management socket, client and peer", [frames["all_us"]] + [each["scan"]["all_us"] for each in all_of[1:]])
    for what in ("connect", "read", "write", "notification"):
        row(f"{what}, client", [each["links"][what]["client_us"] for each in all_of])
        if what != "notification":
            row("  time that passes", [each["links"][what]["wall_us"] for each in all_of])
    if frames["calls"] is None:
        print("system calls: skipped, there is no strace")
    else:
        row("system calls an advertisement, over the bus", [each["scan"]["calls"] for each in all_of], "{:>12.2f}")
        row("  over the management socket", [frames["calls"]] + [each["scan"]["calls"] for each in all_of[1:]], "{:>12.2f}")
    row("start of the process to its first sighting, ms", [each["first_ms"] for each in all_of])
    row("memory with 1,000 devices, MB", [each["memory_mb"] for each in all_of])
    row(f"wake-ups in {SILENCE_S} s of silence", [each["scan"]["wakeups"] for each in all_of], "{:>12.0f}")


def main():
    programs = pathlib.Path(sys.argv[1])
    if not os.access(DAEMON, os.X_OK):
        return print("bluez: skipped, there is no dbus-daemon")
    clients = {"moor": [programs / "bluez_client"]}
    if subprocess.run([PYTHON, "-c", "import bleak"], capture_output=True).returncode == 0:
        clients["bleak"] = [PYTHON, HERE / "bluez_bleak.py"]
    else:
        print("bluez: bleak is skipped, there is no python3-bleak")
    results = {name: measure(programs, client) for name, client in clients.items()}
    for name, links in measure_links(programs, clients).items():
        results[name]["links"] = links
    frames = measure_frames(programs)
    if "--json" in sys.argv:
        print(json.dumps({"bench": "bluez", **results, "frames": frames}))
    else:
        show(results, frames)


if __name__ == "__main__":
    main()
