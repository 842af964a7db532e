# Everything a newcomer needs: `make demo`, `make test`. Each target sets up what it needs by itself.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# More workers than this starve the real server and worker processes that tests start.
WORKERS ?= 2
PYTEST_ARGS ?=
CONFORMANCE_ARGS ?=
ARGS ?=
# Torch and BLAS would each take every core, in every process.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMEXPR_NUM_THREADS=1

.PHONY: help setup gen fmt check test conformance demo bench bench-quality clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## create .venv with everything in it (PYTHON=python3.12 to choose; 3.11 to 3.13)

# An environment that works is kept: another Python on top of it would leave it broken.
$(READY): pyproject.toml constraints.txt
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		python="$$(./.ci/find_python $(PYTHON))"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@echo "installing into $(VENV) ($$($(BIN)/python --version)); PyTorch is large, so the first time takes minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

gen: $(READY) ## write the stubs from proto/, and the pages that are drawn from code
	$(BIN)/python proto/contract.py gen
	$(BIN)/python -m assay_server.domain.diagram > docs/state_machine.md

fmt: $(READY) ## format the code and the .proto files
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python proto/contract.py format

check: $(READY) ## everything that can be judged without running: format, lint, types, imports, contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python proto/contract.py lint
	$(BIN)/python proto/contract.py format --check
	$(BIN)/python proto/contract.py breaking
	$(BIN)/python proto/contract.py fresh

test: $(READY) ## run the tests (PYTEST_ARGS='tests/unit -x' for some of them)
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

conformance: $(READY) ## play the conformance cases with every client (CONFORMANCE_ARGS='go --case 009')
	$(ONE_THREAD) $(BIN)/python -m tests.conformance $(CONFORMANCE_ARGS)

demo: $(READY) ## tune small networks on 2 cores: server, two workers, live progress, a report
	$(BIN)/assay demo

bench: $(READY) ## measure what the project promises in figures
	$(ONE_THREAD) $(BIN)/python tests/bench

bench-quality: $(READY) ## how good searches are, against each other (ARGS='--quick', ARGS=--help)
	$(ONE_THREAD) $(BIN)/python tests/bench/quality $(ARGS)

clean: ## remove .venv and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
