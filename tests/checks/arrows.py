#!/usr/bin/env python3
"""Who may know whom: each include in src/ and each DEPENDS of a folder goes along an arrow of the design."""

import itertools
import pathlib
import re
import sys

from tree import files, read

# The arrows of CONTRIBUTING.md. A folder also knows what those that it knows know, as it links them.
KNOWS = {
    "core": [],
    "toml": ["core"],
    "crypto": ["core"],
    "hci": ["core"],
    "esphome": ["core", "crypto"],
    "gatt": ["core"],
    "beacon": ["core", "crypto"],
    "presence": ["core"],
    "power": ["core"],
    "dbus": ["core"],
    "mdns": ["core", "dbus"],
    "tracking": ["beacon", "presence"],
    "radio": ["core", "gatt"],
    "radio/bluez": ["radio", "hci", "dbus", "gatt"],
    "radio/controller": ["radio", "hci", "gatt", "crypto"],
    "radio/esphome": ["radio", "esphome", "gatt", "mdns"],
    "radio/replay": ["radio", "hci"],
    "radio/sim": ["radio", "hci", "gatt", "beacon", "toml"],
    "radio/open": ["radio/bluez", "radio/esphome", "radio/replay", "radio/sim"],
    "connect": ["radio", "gatt"],
    "hub": ["connect"],
    "proxy": ["hub", "esphome", "mdns", "toml"],
    "store": ["core"],
    "mqtt": ["core"],
    "http": ["core"],
    "report": ["connect", "tracking", "gatt", "power"],
    "gateway": ["hub", "tracking", "crypto", "toml", "store"],
    "publish": ["gateway", "mqtt", "http"],
    "serve": ["gateway", "http", "report", "radio/sim", "radio/replay"],
    "fleet": ["core", "presence"],
    "cli": ["gateway", "report", "publish", "serve", "proxy", "fleet", "power", "gatt", "radio/open", "radio/controller"],
}
# Public headers stay cheap to include: of Boost, only these, each under half a second of g++ -O2 (docs/decisions.md).
SMALL = {
    "boost/asio/any_io_executor.hpp",
    "boost/asio/awaitable.hpp",
    "boost/system/result.hpp",
    "boost/unordered/unordered_flat_map.hpp",
    "boost/unordered/unordered_flat_set.hpp",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def known(folder, seen=None):
    seen = set() if seen is None else seen
    for other in KNOWS[folder]:
        if other not in seen:
            seen.add(other)
            known(other, seen)
    return seen | {folder}


def folder_of(path):
    """The innermost folder of the table that a path such as radio/replay/x.hpp lies in."""
    for parent in pathlib.PurePosixPath(path).parents:
        if parent.as_posix() in KNOWS:
            return parent.as_posix()
    return None


def owners():
    """Which folder a public header is of: the first of the table that has the source of the same name, best one that includes it, or the name itself."""
    found = {}
    order = list(KNOWS)
    def rank(path):
        includes_it = f'"moor/{path.stem}.hpp"' in read(path)
        return not includes_it, order.index(folder_of(path.relative_to("src").as_posix()) or "cli")

    for source in sorted(files(".cpp", below="src/"), key=rank):
        found.setdefault(source.stem, folder_of(source.relative_to("src").as_posix()))
    found.update({folder: folder for folder in KNOWS})
    return found


def source_faults(owner):
    for path in files(".hpp", ".cpp", below="src/"):
        folder = folder_of(path.relative_to("src").as_posix())
        if folder is None:
            yield f"{path}: its folder is not in the table of tests/checks/arrows.py"
            continue
        for quote, name in INCLUDE.findall(read(path)):
            if quote != '"':
                continue
            public = name.startswith("moor/")
            target = owner.get(pathlib.PurePosixPath(name).stem) if public else folder_of(name)
            if target is None and not public:
                yield f'{path}: "{name}" names no folder; write "folder/file.hpp"'
            elif target is not None and target not in known(folder):
                yield f'{path}: {folder} may not know {target}, but includes "{name}"'


def header_faults(owner):
    for path in files(".hpp", below="include/moor/"):
        for quote, name in INCLUDE.findall(read(path)):
            standard = quote == "<" and "/" not in name and not name.endswith((".h", ".hpp"))
            if not (standard or name in SMALL or (quote == '"' and name.startswith("moor/"))):
                yield f"{path}: a public header includes only moor/, the standard library and the small headers of Boost, not {name}"
            mine, other = owner.get(path.stem), owner.get(pathlib.PurePosixPath(name).stem)
            if quote == '"' and mine and other and other not in known(mine):
                yield f"{path}: {mine} may not know {other}, but includes {name}"


def link_faults():
    """A target is named after its folder, radio/replay is radio_replay, replay_radio or replay, and links only what it may know."""
    names = {folder.rpartition("/")[2]: folder for folder in reversed(KNOWS)}
    names.update({folder.replace("/", "_"): folder for folder in KNOWS})
    names.update({"_".join(reversed(folder.split("/"))): folder for folder in KNOWS})
    for path in files(below="src/"):
        if path.name != "CMakeLists.txt":
            continue
        folder = folder_of(path.relative_to("src").as_posix())
        for call in re.findall(r"moor_folder\(([^)]*)\)", read(path)):
            words = call.split()
            if names.get(words[0]) != folder:
                yield f"{path}: the folder {folder} is called {words[0]}"
                continue
            depends = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
            for word in itertools.takewhile(lambda word: word not in ("SOURCES", "LIBRARIES"), depends):
                if names.get(word) not in known(folder):
                    yield f"{path}: {folder} may not link {word}"


def main():
    owner = owners()
    faults = [*source_faults(owner), *header_faults(owner), *link_faults()]
    if faults:
        sys.exit("\n".join(faults))
    print("arrows: every include goes along one")


if __name__ == "__main__":
    main()
