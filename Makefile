# The two commands a new machine needs: `make run` and `make test`. Everything else is for those who work on the code.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
JOBS   ?= 2
PYTEST := python -m pytest
LEFT_OUT = node (needs Node.js: make node)
LOCK   := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
          --no-header --no-annotate --no-strip-extras

.DEFAULT_GOAL := help
.PHONY: help setup run test node check bench bench-full chaos lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

setup: $(STAMP) ## make .venv with everything, by the hashes in requirements-dev.lock

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "AX Registry needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: setup ## serve on http://127.0.0.1:8000 with an embedded PostgreSQL
	exec $(BIN)/ax-registry serve

test: setup ## run every test that needs Python alone; DATABASE_URL=… uses that PostgreSQL (a superuser's URL)
	AX_TEST_DATABASE_URL='$(DATABASE_URL)' $(BIN)/$(PYTEST) -n $(JOBS) --dist worksteal $(PYTEST_ARGS)
	@$(if $(LEFT_OUT),echo 'Groups of tests left out: $(LEFT_OUT)')

node: setup ## run the tests that need Node.js, with the packages locked in tests/node
	@for tool in node npm; do \
	  command -v $$tool > /dev/null || { echo "$$tool is missing: apt-get install nodejs npm" >&2; exit 1; }; \
	done
	npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund
	$(BIN)/python -m pytest -m node tests/node

check: setup ## what CI runs: every gate below, then every test, with branch coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml service migrations
	$(BIN)/ax-registry openapi --check
	@rm -f $(VENV)/migration-*.sql
	@from=base; for file in migrations/versions/[0-9]*.py; do \
	  to=$$(basename $$file | cut -d_ -f1); \
	  $(BIN)/alembic upgrade $$from:$$to --sql > $(VENV)/migration-$$to.sql || exit 1; from=$$to; \
	done
	$(BIN)/squawk $(VENV)/migration-*.sql
	$(MAKE) --no-print-directory node
	$(BIN)/coverage erase
	$(MAKE) --no-print-directory test LEFT_OUT= PYTEST='coverage run -m pytest'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='service/core/*' --fail-under=100
	$(BIN)/coverage report --fail-under=90

bench: setup ## the benchmarks, short form (100,000 records)
	$(BIN)/python -m benchmarks.run

bench-full: setup ## the benchmarks over 1,000,000 records
	$(BIN)/python -m benchmarks.run --full

chaos: setup ## the faults: workers killed, the database restarted, receivers down; nothing may be lost (five minutes)
	$(BIN)/python -m benchmarks.chaos

lock: ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml $(LOCK) -o requirements.lock
	uv pip compile --group build $(LOCK) -c requirements.lock -o requirements-build.lock
	uv pip compile pyproject.toml --group dev $(LOCK) -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

clean: ## remove what the other commands made, except the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist
