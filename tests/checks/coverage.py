#!/usr/bin/env python3
"""docs/coverage.tsv: each row is whole, and the page, example or test that it names exists."""

import collections
import csv
import re
import sys

from docs_links import anchors
from tree import ROOT, read

COLUMNS = ["id", "document", "section", "kind", "what", "moor", "example", "test", "note"]
DOCUMENTS = {"chapter", "guide"}
KINDS = {"capability", "function", "parameter", "constant", "table", "pitfall", "exercise", "example", "exception", "fact"}


def test_exists(name):
    """tests/path.cpp:Suite.Name, or a script of tests/ alone."""
    path, _, case = name.partition(":")
    if not path.startswith("tests/") or not (ROOT / path).is_file():
        return False
    if not case:
        return not path.endswith(".cpp")
    suite, _, test = case.partition(".")
    return bool(test) and re.search(rf"\b\w*TEST\w*\(\s*{re.escape(suite)}\s*,\s*{re.escape(test)}\s*[,)]", read(path)) is not None


def place_exists(place):
    """A path in the tree, with or without the #heading of a page; a command is written `moor ...` and has no file."""
    name, _, heading = place.partition("#")
    return name.startswith("moor ") or ((ROOT / name).exists() and (not heading or heading in anchors(read(name))))


def row_faults(row):
    if row["document"] not in DOCUMENTS:
        yield f"unknown document '{row['document']}'"
    if row["kind"] not in KINDS:
        yield f"unknown kind '{row['kind']}'"
    if not row["section"] or not row["what"]:
        yield "section and what are never empty"
    for column, exists in [("moor", place_exists), ("example", place_exists), ("test", test_exists)]:
        for entry in filter(None, (part.strip() for part in row[column].split(";"))):
            if not exists(entry):
                yield f"{column} '{entry}' does not exist"


def main():
    faults, seen, served = [], collections.Counter(), 0
    with open(ROOT / "docs" / "coverage.tsv", encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if next(rows) != COLUMNS:
            sys.exit(f"docs/coverage.tsv: the first line must be {' '.join(COLUMNS)}")
        for number, cells in enumerate(rows, start=2):
            where = f"docs/coverage.tsv:{number}"
            if len(cells) != len(COLUMNS):
                faults.append(f"{where}: {len(cells)} columns, not {len(COLUMNS)}")
                continue
            row = dict(zip(COLUMNS, cells))
            seen[row["id"]] += 1
            served += bool(row["moor"] or row["example"] or row["test"])
            faults += [f"{where}: {row['id']}: {fault}" for fault in row_faults(row)]
    faults += [f"docs/coverage.tsv: id {name} occurs {times} times" for name, times in seen.items() if times > 1]
    if faults:
        sys.exit("\n".join(faults))
    print(f"coverage: {len(seen)} rows, {served} served, {len(seen) - served} to come")


if __name__ == "__main__":
    main()
