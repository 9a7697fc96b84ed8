#!/usr/bin/python3
"""Checks a command's JSON output against its schema: validate.py SCHEMA [--lines] < output

SCHEMA is a file, or a command's name such as "scan" for docs/cli/scan.schema.json. With --lines each line is an object of its own.
Exits 0 if all is as the schema says, 1 with every fault and its place if not. The system's Python, since that is the one for which
the distribution has jsonschema."""

import argparse
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "cli"


def load(schema):
    path = pathlib.Path(schema)
    if path.suffix != ".json":
        path = SCHEMAS / f"{schema}.schema.json"
    path = path.resolve()
    content = json.loads(path.read_text())
    resolver = jsonschema.RefResolver(base_uri=path.as_uri(), referrer=content)
    return jsonschema.Draft202012Validator(content, resolver=resolver)


def leaves(error):
    """The faults that a failed oneOf stands for: those of the branch that fits best, which is the one with the deepest fault."""
    branches = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    if not branches:
        return [error]
    best = max(branches.values(), key=lambda faults: (not any(fault.validator == "const" for fault in faults), -len(faults)))
    return [leaf for fault in best for leaf in leaves(fault)]


def faults(validator, text, where):
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return [f"{where}: not JSON: {error}"]
    found = []
    for error in validator.iter_errors(value):
        for leaf in leaves(error):
            found.append(f"{where}: at {leaf.json_path}: {leaf.message}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schema")
    parser.add_argument("--lines", action="store_true", help="JSON Lines: one object a line")
    options = parser.parse_args()

    validator = load(options.schema)
    text = sys.stdin.read()
    if not text.strip():
        sys.exit(f"{options.schema}: no output to check")
    documents = text.splitlines() if options.lines else [text]
    found = []
    for number, document in enumerate(documents, start=1):
        found += faults(validator, document, f"line {number}" if options.lines else "output")
    if found:
        sys.exit("\n".join(found[:20] + ([f"... and {len(found) - 20} more"] if len(found) > 20 else [])))
    print(f"{options.schema}: {len(documents)} {'lines' if options.lines else 'object'} as the schema says")


if __name__ == "__main__":
    main()
