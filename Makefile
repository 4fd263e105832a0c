# Everything sets itself up: `make run` is the desk, `make test` all tests, `make check` the rest of what CI asks.
.PHONY: setup page run run-distributed test check docs bench bench-distributed bench-page screenshots format lock clean
.DEFAULT_GOAL := run

PYTHON ?= python3.11
# Files of tests that run side by side; most of a test's time is waiting for another process.
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MODULES := frontend/node_modules/.installed
PAGE := src/hedgerow/page/index.html
PAGE_SOURCES := $(shell find frontend/src frontend/public frontend/build -type f 2>/dev/null) $(wildcard frontend/*.html frontend/*.ts frontend/*.js)

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

# The page is built from its sources; without Node the desk runs all the same, without it.
page:
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(PAGE); \
	  else echo "npm is not on this machine: the desk runs without its page (Node 20 or newer builds it)" >&2; fi

$(MODULES): frontend/package-lock.json
	@cd frontend && npm ci --silent --no-audit --no-fund && touch node_modules/.installed

$(PAGE): $(MODULES) $(PAGE_SOURCES)
	@cd frontend && npm run --silent build

run: setup page
	@exec $(BIN)/hedgerow up --with-simulator

# The distributed desk on this machine, without containers: Kafka from Maven, Redis, PostgreSQL and nginx from Debian.
run-distributed: setup page
	@exec $(BIN)/python -m onemachine

test: setup $(MODULES) page
	@cd frontend && npm run --silent test
	@cd frontend && npm run --silent e2e
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

check: setup $(MODULES) page
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy onemachine
	@$(BIN)/lint-imports
	@$(BIN)/pytest tests/meta tests/deploy
	@cd frontend && npm run --silent check

docs: setup $(MODULES)
	@$(BIN)/python docs/generate.py
	@cd frontend && npm run --silent types

bench: setup
	@$(BIN)/python -m benchmarks

bench-distributed: setup
	@$(BIN)/python -m benchmarks.distributed

# The page's figures, and its pictures at every width and in both themes.
bench-page: setup page
	@cd frontend && npm run --silent bench

screenshots: setup page
	@cd frontend && npm run --silent screenshots

format: setup $(MODULES)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@cd frontend && npm run --silent format

# Versions and hashes, no addresses.
lock:
	uv pip compile --quiet --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file requirements.txt pyproject.toml
	uv pip compile --quiet --python-version 3.11 --constraint requirements.txt --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file deploy/requirements.txt pyproject.toml
	echo 'setuptools>=68' | uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --output-file deploy/requirements-build.txt -

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist frontend/node_modules src/hedgerow/page
