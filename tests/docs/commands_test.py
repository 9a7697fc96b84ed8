#!/usr/bin/env python3
"""Every command in README.md and docs/ runs, as it stands there, in a folder that has what the pages speak of.

A radio that no test machine has is another one that behaves alike: the demo's recording, or the world where the page's device lives. A daemon runs for a second."""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

COMMAND = re.compile(r"^(?: {4}|\t)?(?:\$ )?(moor [a-z].*)$")
# Commands that want what is not here; each with its reason.
LEFT_OUT = {
    "--vhci": "the kernel's virtual controllers are the lab's",
}
# What stands on a page for something of the reader's.
STANDS_FOR = {"HEX": "0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5"}
RECORDING = "replay:shop.btsnoop"
WORLDS = {"A4:CF:12:34:56:78": "sim:examples/worlds/esp32.toml?speed=max"}
HEARS = ("scan", "beacons", "track", "record")
CONNECTS = ("explore", "read", "write", "notify", "monitor", "pair", "unpair")
ENDLESS = ("gateway", "proxy")
STATUSES = {"doctor": (0, 1, 7), "radios": (0, 1, 7), "proxy": (0, 7)}  # that say how this machine is: 7 is one without Bluetooth


def commands_of(page):
    """(line number, command), with lines that end in a backslash joined, outside of code of other languages."""
    lines = page.read_text().splitlines()
    fence = None
    at = 0
    while at < len(lines):
        line = lines[at]
        if match := re.match(r"```(\w*)", line):
            fence = None if fence is not None else match[1]
        elif fence in (None, "", "sh", "console") and (match := COMMAND.match(line)) and (fence is not None or line.startswith("    ")):
            number, command = at + 1, match[1]
            while command.endswith("\\"):
                at += 1
                command = command[:-1] + lines[at].strip()
            yield number, command
        at += 1


def adapted(words):
    """The same words for a machine without Bluetooth, network and patience."""
    words = [STANDS_FOR.get(word, word) for word in words]
    command = words[1]
    radios = [i + 1 for i, word in enumerate(words) if word == "--radio" and i + 1 < len(words)]
    for i in radios:
        if not words[i].startswith(("sim:", "replay:")):
            words[i] = RECORDING
    for i in reversed(radios):  # a radio is opened once
        if words[i] in words[:i]:
            del words[i - 1:i + 1]
            radios.remove(i)
    if command in CONNECTS and len(words) > 2 and words[2] in WORLDS:
        words = [word for i, word in enumerate(words) if i not in radios and i + 1 not in radios]
        words += ["--radio", WORLDS[words[2]]]
    elif command in HEARS and not radios:
        words += ["--radio", RECORDING]
    if command in ("monitor", "notify") and "--duration" not in words:
        words += ["--duration", "60"]
    if command == "scan" and "--duration" not in words and not any("speed=max" in word or word.startswith("replay:") for word in words):
        words += ["--duration", "1"]
    if command in ENDLESS and not {"--check", "--init", "--duration"} & set(words):
        words += ["--duration", "1"]
    if command == "gateway" and "--config" in words and not {"--check", "--init"} & set(words) and not radios:
        words += ["--radio", RECORDING]
    if command == "query":  # of the store that the demo's recording gave
        words = [word for i, word in enumerate(words) if word not in ("--config", "--store") and words[i - 1] not in ("--config", "--store")]
        words += ["--store", "moor.db"]
    if command == "radios" and radios:
        return [words[0], command, "--radio", RECORDING]
    return words


def shell_line(command):
    """The command as the shell gets it: its own words adapted, what follows a pipe or a comment as it is."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = list(lexer)
    end = next((i for i, word in enumerate(words) if word in ("|", ">")), len(words))
    return " ".join([*map(shlex.quote, adapted(words[:end])), *(word if word in ("|", ">") else shlex.quote(word) for word in words[end:])])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--source", "--program"):
        parser.add_argument(option, required=True, type=pathlib.Path)
    options = parser.parse_args()
    options.source, options.program = options.source.resolve(), options.program.resolve()
    demo = options.program.parent.parent / "share" / "moor" / "demo-shop.btsnoop"

    ran, wrong = 0, []
    stores = tempfile.TemporaryDirectory(prefix="moor-docs-store-")
    config = pathlib.Path(stores.name, "moor.toml")
    config.write_text(f"[[radio]]\nspec = 'replay:{demo}'\n[store]\npath = '{stores.name}/moor.db'\n")
    subprocess.run([options.program, "gateway", "--config", config, "--json"], stdout=subprocess.DEVNULL, check=True)
    for page in [options.source / "README.md", *sorted((options.source / "docs").rglob("*.md"))]:
        with tempfile.TemporaryDirectory(prefix="moor-docs-") as folder:
            here = pathlib.Path(folder)
            for name in ("examples", "tests"):
                (here / name).symlink_to(options.source / name)
            (here / "shop.btsnoop").symlink_to(demo)
            shutil.copy(f"{stores.name}/moor.db", here / "moor.db")
            environment = {**os.environ, "PATH": f"{options.program.parent}:{os.environ['PATH']}", "MOOR_MDNS": "off", "TERM": "dumb",
                           "XDG_STATE_HOME": folder}
            for number, command in commands_of(page):
                if any(word in command for word in LEFT_OUT):
                    continue
                line = shell_line(command)
                done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=here, env=environment, capture_output=True, text=True, timeout=120,
                                      stdin=subprocess.DEVNULL, check=False)
                ran += 1
                if done.returncode not in STATUSES.get(command.split()[1], (0,)):
                    wrong.append(f"{page.relative_to(options.source)}:{number}: {command}\n  ran as: {line}\n  exit status {done.returncode}: {done.stderr.strip()[-500:]}")
    if wrong:
        sys.exit("\n".join(wrong))
    if ran < 30:
        sys.exit(f"only {ran} commands were found: the pages have changed their form")
    print(f"{ran} commands ran")


if __name__ == "__main__":
    main()
