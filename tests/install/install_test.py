#!/usr/bin/env python3
"""Installs moor, moves the installed tree, and builds and runs an outside program on it: once with CMake, once with pkg-config."""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"
SAID = "e2c56db5-dffb-48d2-b060-d0f5a71096e0 1.101, -59 dBm at 1 m\nresolvable private resolves: yes\n"


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def check(how, said):
    if said != SAID:
        sys.exit(f"{how}: said {said!r}, not {SAID!r}")
    print(f"{how}: built and ran")


def with_cmake(options, prefix, source, build):
    run(options.cmake, "-S", source, "-B", build, "-G", options.generator, "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER={options.compiler}", f"-DCMAKE_PREFIX_PATH={prefix}")
    run(options.cmake, "--build", build)
    check("find_package(moor)", run(build / "consumer"))


def with_pkg_config(options, prefix, source, build):
    modules = next(prefix.rglob("moor.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(modules)}
    flags = run("pkg-config", "--cflags", "moor", env=environment).split()
    libraries = run("pkg-config", "--static", "--libs", "moor", env=environment).split()
    build.mkdir()
    run(options.compiler, "-std=c++20", *flags, source / "main.cpp", "-o", build / "consumer", *libraries)
    check("pkg-config moor", run(build / "consumer"))


def names_of(options, prefix):
    """Files for other people's builds that name the source or the build folder of this one."""
    for path in [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc")]:
        if any(place in path.read_text() for place in (options.build, options.source)):
            yield path.relative_to(prefix)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--build", "--source", "--cmake", "--compiler", "--generator"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="moor-install-") as temporary:
        place = pathlib.Path(temporary)
        run(options.cmake, "--install", options.build, "--prefix", place / "first")
        prefix = (place / "first").rename(place / "moved")
        source = pathlib.Path(shutil.copytree(CONSUMER, place / "consumer"))

        leaked = list(names_of(options, prefix))
        if leaked:
            sys.exit(f"installed files name the folders of the build: {', '.join(map(str, leaked))}")
        for name in ("LICENSE", "README.md"):
            if not list(prefix.rglob(name)):
                sys.exit(f"{name} is not installed")
        with_cmake(options, prefix, source, place / "by-cmake")
        with_pkg_config(options, prefix, source, place / "by-pkg-config")
        for program in prefix.glob("bin/*"):
            run(program, "--version")
            print(f"{program.name}: runs from where it was installed")


if __name__ == "__main__":
    main()
