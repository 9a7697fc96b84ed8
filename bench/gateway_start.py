#!/usr/bin/env python3
"""From start to serving, what an idle gateway costs, and how large it is; mosquitto, a native daemon that does less, beside it in the same run.

    python3 bench/gateway_start.py build/release/bin/moor
"""

import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = 7
IDLE_S = 20
HERTZ = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def resident_mib(pid):
    return int(next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def started(command, is_up, folder):
    """(seconds until it is up, the process)."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "MOOR_MDNS": "off"})
    while not is_up():
        if process.poll() is not None or time.perf_counter() - began > 20:
            sys.exit(f"{command[0]} did not come up")
        time.sleep(0.0005)
    return time.perf_counter() - began, process


def ended(process):
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as response:
            return response.status == 200
    except OSError:
        return False


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="moor-start-") as folder:
        pathlib.Path(folder, "quiet.toml").write_text('name = "quiet"\n\n[[radio]]\nname = "hall"\nposition = [0, 0]\n')
        starts, floors = [], []
        for round_number in range(ROUNDS):
            port = free_port()
            pathlib.Path(folder, "moor.toml").write_text(
                f'[[radio]]\nspec = "sim:quiet.toml"\n[store]\npath = "moor{round_number}.db"\n[serve]\nport = {port}\n[view]\nmode = "off"\n')
            took, gateway = started([program, "gateway", "--config", "moor.toml"], lambda: answers(port), folder)
            starts.append(took * 1000)
            if round_number + 1 < ROUNDS:
                ended(gateway)
            broker_port = free_port()
            took, broker = started(["mosquitto", "-p", str(broker_port)], lambda: listens(broker_port), folder)
            floors.append(took * 1000)
            ended(broker)
        begin = cpu_seconds(gateway.pid)
        time.sleep(IDLE_S)
        idle = (cpu_seconds(gateway.pid) - begin) / IDLE_S * 100
        resident = resident_mib(gateway.pid)
        ended(gateway)
    start, floor = statistics.median(starts), statistics.median(floors)
    print(f"start to serving      {start:6.1f} ms   mosquitto to listening {floor:6.1f} ms   {start / floor:.1f} times   (goal 100 ms)")
    print(f"idle, {IDLE_S} s            {idle:6.2f} % of a core                                         (goal 0.3 %)")
    print(f"resident memory       {resident:6.1f} MiB")
    stripped = pathlib.Path(tempfile.gettempdir(), f"moor-stripped-{os.getpid()}")
    subprocess.run(["strip", "-o", stripped, program], check=True)
    print(f"program with assets   {stripped.stat().st_size / 1e6:6.1f} MB stripped, {program.stat().st_size / 1e6:.1f} MB as built          (goal 20 MB)")
    stripped.unlink()


if __name__ == "__main__":
    main()
