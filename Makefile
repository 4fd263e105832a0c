# Everything sets itself up: `make run` is the desk, `make test` all tests, `make check` the rest of what CI asks.
.PHONY: setup run run-distributed test check docs bench bench-distributed format lock clean
.DEFAULT_GOAL := run

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export HEDGEROW_DATA ?= $(CURDIR)/data

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.txt
	@command -v uv >/dev/null 2>&1 && uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.txt && \
	  uv pip install --quiet --no-deps --python $(BIN)/python -e . ; \
	else \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib/python3*/site-packages/ccxt >/dev/null 2>&1 || true
	@touch $(STAMP)

run: setup
	@exec $(BIN)/hedgerow up --with-simulator

# The distributed desk on this machine, without containers: Kafka from Maven, Redis, PostgreSQL and nginx from Debian.
run-distributed: setup
	@exec $(BIN)/python -m onemachine

test: setup
	@$(BIN)/pytest

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy onemachine
	@$(BIN)/lint-imports
	@$(BIN)/pytest tests/meta tests/deploy

docs: setup
	@$(BIN)/python docs/generate.py

bench: setup
	@$(BIN)/python -m benchmarks

bench-distributed: setup
	@$(BIN)/python -m benchmarks.distributed

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Versions and hashes, no addresses.
lock:
	uv pip compile --quiet --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file requirements.txt pyproject.toml
	uv pip compile --quiet --python-version 3.11 --constraint requirements.txt --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file deploy/requirements.txt pyproject.toml
	echo 'setuptools>=68' | uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file deploy/requirements-build.txt -

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
