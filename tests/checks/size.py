#!/usr/bin/env python3
"""A file that no longer fits a reader's head holds two ideas: a word from 400 lines on, an error from 800 on. Tables in data/ may grow."""

import sys

from tree import files, read

WORTH_A_WORD = 400
TOO_LONG = 800


def main():
    sizes = [(len(read(path).splitlines()), path) for path in files(".hpp", ".cpp", ".py", ".cmake") if path.parts[0] != "data"]
    for lines, path in sorted((entry for entry in sizes if entry[0] > WORTH_A_WORD), reverse=True):
        print(f"{path}: {lines} lines")
    if any(lines > TOO_LONG for lines, _ in sizes):
        sys.exit(f"size: nothing may be over {TOO_LONG} lines")
    print(f"size: {sum(lines for lines, _ in sizes)} lines in {len(sizes)} files")


if __name__ == "__main__":
    main()
