# The ways in. Each installs what it needs first (scripts/setup, Debian 12); elsewhere, have the packages and say SETUP=:
#
#   make build | run | test | check | fuzz | soak | bench | format | install | clean

SETUP ?= sh scripts/setup
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
SOAK_CYCLES ?= 1000000
SOAK_HOURS ?= 168
CLANG_FORMAT ?= clang-format-19

# A folder joins the build when it has a CMakeLists.txt, so a new one means configuring again.
BUILD_FILES := CMakeLists.txt CMakePresets.json scripts/setup $(wildcard cmake/*.cmake cmake/*.in) \
  $(foreach dir,src bench examples tests,$(wildcard $(dir)/CMakeLists.txt $(dir)/*/CMakeLists.txt $(dir)/*/*/CMakeLists.txt))
SOURCES = $(shell find include src tests bench examples -name '*.[ch]pp')
FUZZ_TARGETS = $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.cpp)))

.PHONY: build run test check fuzz soak bench format install package clean
.DEFAULT_GOAL := build

build/asan/build.ninja: packages := all
build/%/build.ninja: packages ?= build
build/%/build.ninja: $(BUILD_FILES)
	@$(SETUP) $(packages)
	@cmake --preset $* > build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log; touch $@

build: build/release/build.ninja
	@cmake --build build/release

run: build
	@if build/release/bin/moor doctor > build/doctor.txt 2>&1; then \
	  echo "moor: on this machine's Bluetooth adapter. Look here, below; Ctrl-C ends it."; \
	  exec build/release/bin/moor gateway --radio bluez; \
	else \
	  echo "moor: no Bluetooth here that works (why: build/doctor.txt), so this is the demo. Look here, below; Ctrl-C ends it."; \
	  exec build/release/bin/moor gateway --demo; \
	fi

test: build
	@ctest --preset release --no-label-summary

check:
	@$(SETUP) all
	@failed=0; \
	for file in $$($(CLANG_FORMAT) --dry-run $(SOURCES) 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning: code should.*//p' | sort -u); do \
	  echo "$$file: not formatted, see make format"; failed=1; done; \
	for check in arrows coverage docs_links no_forbidden size; do python3 tests/checks/$$check.py || failed=1; done; \
	exit $$failed

fuzz: build/asan/build.ninja
	@cmake --build build/asan --target $(FUZZ_TARGETS)
	@sh scripts/fuzz build/asan $(FUZZ_SECONDS) $(FUZZ_TARGETS)

soak: build
	@MOOR_SOAK_CYCLES=$(SOAK_CYCLES) MOOR_SOAK_HOURS=$(SOAK_HOURS) build/release/tests/soak/moor_soak_tests

bench: build/release/build.ninja
	@cmake --build build/release --target bench

format:
	@$(SETUP) all
	@$(CLANG_FORMAT) -i $(SOURCES)

install: build
	@cmake --install build/release --prefix "$(PREFIX)"

# Debian packages in build/release/packages.
package: build
	@cd build/release && cpack -G DEB -B packages

clean:
	@rm -rf build
