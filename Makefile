# Each target sets up what it needs by itself; CONTRIBUTING.md says what the gates are.

PYTHON ?= python3
VENV ?= .venv
PYTEST_FLAGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup check fast oracle demo bench docs format clean

help:
	@echo "make check    all gates: lint, format, types, layers, tests (builds the oracle as root)"
	@echo "make fast     the tests that need no oracle"
	@echo "make demo     what foretell says, here and now"
	@echo "make oracle   build the real apt and kernels to compare with (root, mmdebstrap)"
	@echo "make bench    instruction counts of the start, against their budgets"
	@echo "make docs     write the manual pages and the completion from the command table"
	@echo "make format   let ruff mend what it can"
	@echo "make clean    remove the virtual environment and all caches"

$(READY): pyproject.toml tools/setup
	@sh tools/setup "$(PYTHON)" "$(VENV)"
	@touch $@

setup: $(READY)

# pytest comes last, so that its summary is the last line of the output.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@sh tools/oracle-or-skip $(BIN)/python
	$(BIN)/pytest $(PYTEST_FLAGS)

fast: $(READY)
	$(BIN)/pytest -m "not oracle" $(PYTEST_FLAGS)

oracle: $(READY)
	$(BIN)/python -m foretell.oracle.rootfs
	$(BIN)/python -m foretell.oracle.guest_build

demo: $(READY)
	@sh tools/demo $(BIN)/foretell

bench: $(READY)
	$(BIN)/python bench/startup.py

docs: $(READY)
	$(BIN)/python tools/make-man
	$(BIN)/python tools/make-completion

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
