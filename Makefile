# Everything runs from .venv, which any of these targets makes from the lock file on first use.
.PHONY: run test lint bench fuzz node lock clean

VENV := .venv
BIN := $(VENV)/bin
# Most integration tests wait for processes. Those of one file share a proxy, so they stay together.
TEST_WORKERS := 3

run: $(VENV)/.ready
	$(BIN)/beacon-audit demo $(DEMO_FLAGS)

test: $(VENV)/.ready
	$(BIN)/python -m pytest --numprocesses=$(TEST_WORKERS) --dist=loadfile $(PYTEST_FLAGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.ready
	$(BIN)/python bench/throughput.py
	$(BIN)/python bench/commits.py
	$(BIN)/python bench/validate.py
	$(BIN)/python bench/verify.py $(VERIFY_BENCH_FLAGS)

# FUZZ_SECONDS for each of five targets and for the connection path; better with `$(BIN)/pip install atheris`, which not every platform has.
FUZZ_SECONDS := 60
fuzz: $(VENV)/.ready
	$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS)
	$(BIN)/python tests/fuzz/connection/run.py --seconds $(FUZZ_SECONDS)

$(VENV)/.ready: requirements-dev.lock pyproject.toml scripts/find-python
	@python="$$(scripts/find-python)" && echo "using $$python ($$("$$python" --version))" && "$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# OpenTelemetry's exporters for Node, from the lock, for integration/test_node_exporters.py, which is skipped without.
node: tests/node/node_modules/.ready

tests/node/node_modules/.ready: tests/node/package-lock.json tests/node/package.json
	cd tests/node && npm ci
	@touch $@

# Needs pip-tools, and npm. No file may name a registry's host.
lock:
	pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --strip-extras --allow-unsafe -o requirements.lock pyproject.toml
	pip-compile --quiet --extra dev --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --strip-extras --allow-unsafe -c requirements.lock -o requirements-dev.lock pyproject.toml
	cd tests/node && npm install --package-lock-only

clean:
	rm -rf $(VENV) tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
