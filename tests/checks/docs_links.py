#!/usr/bin/env python3
"""Links between pages lead somewhere: the file exists, and the heading in it."""

import re
import sys

from tree import ROOT, files, read

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(text):
    """The names that headings get: lower case, spaces to hyphens, punctuation dropped, repeats numbered."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*$", FENCE.sub("", text), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        unique, number = name, 0
        while unique in found:
            number += 1
            unique = f"{name}-{number}"
        found.add(unique)
    return found


def faults(page):
    for link in LINK.findall(CODE.sub("", FENCE.sub("", read(page)))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page.parent / name).resolve() if name else ROOT / page
        if not target.exists():
            yield f"{page}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"{page}: {link}: no such heading"


def main():
    pages = files(".md")
    found = [fault for page in pages for fault in faults(page)]
    if found:
        sys.exit("\n".join(found))
    print(f"links: all of {len(pages)} pages lead somewhere")


if __name__ == "__main__":
    main()
