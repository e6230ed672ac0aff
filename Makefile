# `make demo` and `make test` set everything up by themselves.
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo docs lint test test-whole test-slow test-all bench bench-full

help:  ## show this
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## create the environment

$(READY): pyproject.toml gatebot/__init__.py
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@echo "installing gatebot and its development tools into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: $(READY)  ## gate a harmless and a harmful pull request on a real repository
	@$(PY) -m examples.demo

docs: $(READY)  ## write the pages that are made from the code
	@$(PY) -m docs.generate

lint: $(READY)
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

test: lint  ## lint, types and the fast tests
	@$(PY) -m pytest -n 2 -m "not whole and not container and not simulation and not scale and not long" -q

test-whole: $(READY)  ## the examples and the attacks, through the whole program: a quarter of an hour
	@$(PY) -m pytest -n 2 -m "whole and not container and not simulation and not scale and not long" -q

test-slow: $(READY)  ## the real container, simulations, large inputs, long runs: an hour
	@$(PY) -m pytest -m "container or simulation or scale or long" -q

test-all: test test-whole test-slow  ## everything

bench: $(READY)  ## what gatebot costs and how often it errs, beside rivals: small sizes, minutes
	@$(PY) -m benchmarks.stats && $(PY) -m benchmarks.gate_share && $(PY) -m benchmarks.decision

bench-full: $(READY)  ## the same at full size into docs/results.md: an hour or two
	@$(PY) -m benchmarks.stats --rows 1000000 --write && $(PY) -m benchmarks.gate_share --run --write
	@$(PY) -m benchmarks.coverage --full --jobs 2 --write
	@$(PY) -m benchmarks.decision --full --jobs 2 --write --plot docs/power.svg
	@$(PY) -m benchmarks.suspicious_gain --times 50 --first 100 --jobs 2 --write
	@$(PY) -m benchmarks.trainings --times 20 --init --deserves pass --write
