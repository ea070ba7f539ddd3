# Strata. `make run` starts the demo, `make test` runs every test.
SWIFT ?= swift
SOURCES := Package.swift Sources Tests Benchmarks
SOAK_SECONDS ?= 600
SOAK_PURGES ?= 10000
SOAK_KILLS ?= 200
# The runtime is linked in: no calls through a table, and the executable runs where no Swift is installed.
RELEASE = -c release --static-swift-stdlib

.PHONY: run test build setup soak lint format bench clean

# Origin, Redis and Strata on loopback, until Ctrl-C.
run: build
	@.ci/demo

# Everything is built once, then every test runs.
test: setup
	@.ci/clients
	$(SWIFT) build --build-tests
	SWIFT="$(SWIFT)" .ci/test

build: setup
	$(SWIFT) build $(RELEASE) --product strata
	$(SWIFT) build $(RELEASE) --product FixtureOrigin

# The libraries and servers that building, running and testing want; installs by apt what is missing.
setup:
	@.ci/setup

# On the release build: SOAK_PURGES purges against a fleet whose parts die; SOAK_KILLS kills and starts under load, every
# answer compared; mixed load for SOAK_SECONDS, memory and descriptors stay flat, every byte is right.
soak: build
	STRATA_FLEET_PURGES=$(SOAK_PURGES) STRATA_BINARIES=$(CURDIR)/.build/release \
		$(SWIFT) test --disable-xctest --filter RandomFleet
	STRATA_SOAK_KILLS=$(SOAK_KILLS) STRATA_BINARIES=$(CURDIR)/.build/release \
		$(SWIFT) test --disable-xctest --filter DiskAfterKill
	STRATA_SOAK_SECONDS=$(SOAK_SECONDS) STRATA_BINARIES=$(CURDIR)/.build/release \
		$(SWIFT) test --disable-xctest --filter SoakTests

lint:
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

format:
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

# CPU per request beside HAProxy, nginx and others (Benchmarks/RESULTS.md).
bench: build
	Benchmarks/compare.sh

# What was built and what the demo stored.
clean:
	rm -rf .build var
