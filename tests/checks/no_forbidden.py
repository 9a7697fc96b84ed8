#!/usr/bin/env python3
"""Nothing of the machine that moor was written on is in it: no path of its folders, no package registry."""

import re
import sys

from tree import files, read

# Written so that the patterns do not find themselves.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.}\-])/(wor[k]|roo[t])/\w"),
    "a package registry": re.compile(r"\b(registr[y]\.[\w-]+\.\w|[\w.-]*npm[j]s\.\w|[\w.-]*pyp[i]\.(org|io)|[\w.-]*crate[s]\.io)"),
    "a lock file's registry address": re.compile(r'^\s*"resolve[d]":\s*"https?:', re.MULTILINE),
    "work left for later": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b"),
}


def main():
    found = []
    for path in files():
        text = read(path)
        if "\0" in text:
            continue
        for what, pattern in FORBIDDEN.items():
            for match in pattern.finditer(text):
                found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {what}: {match.group(0).strip()}")
    if found:
        sys.exit("\n".join(found))
    print("nothing forbidden")


if __name__ == "__main__":
    main()
