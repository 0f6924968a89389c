# mmbot: `make demo` and `make test` are the two commands to know; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Any Python from 3.11 on; the first that answers builds the virtual environment, the system's own packages are never touched.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check
PIP_LOCKED := $(PIP) install --quiet --require-hashes --only-binary :all:
# Property tests draw the same cases each time, so that a failure in CI is a failure here; `make prove` draws afresh.
export PROPTEST_RNG_SEED := 1
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

RUST_FILES := $(shell find rust -name '*.rs' -o -name Cargo.toml -path 'rust/*') Cargo.toml Cargo.lock
# Folders too: their time changes when a file is removed.
PYTHON_FILES := $(shell find src -name __pycache__ -prune -o \( -name '*.py' -o -name '*.pyi' -o -name py.typed -o -type d \) -print)
CRATES := --workspace --exclude mm-py
PROVE_PARTS := prove-rust prove-unit prove-sim prove-chaos prove-leaks prove-fuzz prove-mutation
# nextest leaves out documentation examples, so they run beside it.
CARGO_TEST := $(if $(shell command -v cargo-nextest),cargo nextest run --no-fail-fast --cargo-quiet --status-level fail,cargo test --quiet --no-fail-fast --lib --tests)

.PHONY: help install dev demo test check lint types unit rust prove $(PROVE_PARTS) mutants bench lock

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

# ---- install -------------------------------------------------------------------------------------------------------

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo 'mmbot needs Python 3.11 or newer: install one, or set PYTHON=/path/to/python' >&2; exit 1; }
	@command -v cargo >/dev/null || { echo 'mmbot needs a Rust toolchain (cargo) to build its core' >&2; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)
	touch $@

$(VENV)/.core: requirements/core.txt requirements/build.txt | $(VENV)/.created
	$(PIP_LOCKED) -r requirements/core.txt -r requirements/build.txt
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	$(PIP_LOCKED) -r requirements/dev.txt
	touch $@

# The installed program is a wheel, not the source tree: what the tests import is what a user gets.
$(VENV)/.wheel: $(RUST_FILES) $(PYTHON_FILES) pyproject.toml README.md $(VENV)/.core
	rm -rf dist
	$(BIN)/maturin build --quiet --release --out dist --interpreter $(BIN)/python
	$(PIP) install --quiet --no-deps --no-index --force-reinstall dist/*.whl
	touch $@

install: $(VENV)/.wheel ## build the program into .venv: afterwards `.venv/bin/mmbot --help`

dev: $(VENV)/.dev $(VENV)/.wheel ## the same, with what the tests need

# ---- run -----------------------------------------------------------------------------------------------------------

DEMO_OPTIONS := $(if $(RUN_S),--run-s '$(RUN_S)') $(if $(DATA),--data '$(DATA)') $(if $(FROM),--from '$(FROM)') \
	$(if $(TO),--to '$(TO)') $(if $(TAKERS),--takers '$(TAKERS)') $(if $(SYMBOLS),--symbols '$(SYMBOLS)') \
	$(if $(REPORT),--report '$(REPORT)') $(if $(PROFILE),--profile '$(PROFILE)')

demo: install ## exchange and bot on this machine; RUN_S= DATA= FROM= TO= TAKERS= SYMBOLS= REPORT= PROFILE=
	@exec $(BIN)/mmbot demo $(DEMO_OPTIONS)

# ---- prove ---------------------------------------------------------------------------------------------------------

lint: $(VENV)/.dev
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	PYTHONPATH=src $(BIN)/lint-imports --no-cache --no-logo

types: $(VENV)/.dev $(VENV)/.wheel
	$(BIN)/mypy
	$(BIN)/stubtest mmbot._native

rust: $(VENV)/.dev
	$(CARGO_TEST) $(CRATES) --locked
	cargo test --quiet --doc $(CRATES) --locked

unit: dev
	$(BIN)/pytest -q tests/unit tests/test_tidy.py

check: lint types unit ## quick: lint, types, unit tests

test: lint rust types dev ## everything CI runs; ends with pytest's summary
	$(BIN)/pytest -q tests

prove: $(PROVE_PARTS) ## the long set: every part below, one after the other; each writes what it found to var/prove/NAME-DATE.json

# One part of the long set: `$(call part,NAME,FOLDERS)`. A run that broke off goes on with RESUME=its file.
part = $(BIN)/pytest -q -p no:randomly -m prove --timeout 2400 $(if $(RESUME),--resume) \
	--evidence "$(or $(RESUME),var/prove/$(1)-$$(date -u +%Y-%m-%dT%H%M%SZ).json)" $(2)

prove-rust: $(VENV)/.dev ## every Rust test once more, with property cases drawn afresh
	env -u PROPTEST_RNG_SEED $(CARGO_TEST) $(CRATES) --locked

prove-unit: dev ## the Python tests with 2,000 cases a property, drawn afresh, and the long ones outside the parts below
	$(BIN)/pytest -q --hypothesis-profile prove --timeout 3600 tests/unit
	$(call part,unit,tests/unit tests/e2e tests/contract)

prove-sim: dev ## 5,000 seeds of the fault simulator and every fault alone; RESUME=FILE
	$(call part,sim,tests/simulation)

prove-chaos: dev ## real processes killed, stopped and cut off, judged by the exchange's record; about 30 min; RESUME=FILE
	$(call part,chaos,tests/chaos)

prove-leaks: dev ## memory per event, order cycle and reconnect over a million events each; RESUME=FILE
	$(call part,leaks,tests/leaks)

FUZZ_S ?= 600
FUZZ_SEED ?= $(shell date +%s)
FUZZ_TARGETS := codec reader doors bot
# What RESUME= holds of a target without a crash is not run again. The sockets, which need little of a core, go beside the others.
prove-fuzz: dev ## codec, JSON reader, doors, a quoting bot and the bot's sockets, FUZZ_S= seconds each, FUZZ_SEED= to repeat; RESUME=FILE
	@mkdir -p var/prove
	cargo build --release --quiet --locked -p mm-fuzz
	rows="$(or $(RESUME),var/prove/fuzz-$$(date -u +%Y-%m-%dT%H%M%SZ).jsonl)"; \
	for target in $(FUZZ_TARGETS); do \
		grep -qs "\"crashes\":0,.*\"target\":\"$$target\"" "$$rows" && continue; \
		cargo run --release --quiet --locked -p mm-fuzz -- --seconds $(FUZZ_S) --seed $(FUZZ_SEED) --target $$target | tee -a "$$rows"; \
	done & rust=$$!; \
	FUZZ_S=$(FUZZ_S) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/pytest -q -p no:randomly -m prove --timeout 2400 \
		--evidence "var/prove/sockets-$$(date -u +%Y-%m-%dT%H%M%SZ).json" tests/fuzz || sockets=$$?; \
	wait $$rust && exit $${sockets:-0}

# The tool is built once from the crate registry, into a folder of its own.
CARGO_MUTANTS := var/tools/bin/cargo-mutants
$(CARGO_MUTANTS):
	cargo install --quiet --locked --root var/tools --version 27.1.0 cargo-mutants

prove-mutation: $(VENV)/.dev $(CARGO_MUTANTS) ## 200 mutants of orders, risk, ledger and book: do the tests notice? RESUME=FILE
	PATH="$(CURDIR)/var/tools/bin:$$PATH" $(call part,mutation,tests/mutation)

mutants: ## plants 20 bugs one after the other; the fault simulator must catch each. Prints JSON
	cargo run --quiet --release --locked --package mm-sim --features mutants --bin mutants

bench: dev ## measurements, to read on a quiet machine; writes them to var/bench/DATE.json
	$(BIN)/pytest -q -s -m bench --timeout 1800 -p no:randomly --evidence "var/bench/$$(date -u +%Y-%m-%dT%H%M%SZ).json" tests

lock: ## rewrite requirements/*.txt from *.in (needs uv on the path)
	for name in core build dev; do \
		uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
			--no-annotate --no-header requirements/$$name.in --output-file requirements/$$name.txt; \
	done
