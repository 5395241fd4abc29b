# `make help` lists the targets. Every target makes the virtual environment it needs.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Many tests wait for sockets and programs, so four workers pay on two cores too.
JOBS   ?= 4
# How long `make fuzz` tries each target.
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench dist lab fuzz torture format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## show the main job against a registry on loopback
	@$(BIN)/pinner demo

test: $(VENV)/developed ## run the tests; those that need programs this machine lacks are skipped
	@$(BIN)/pytest -q -n $(JOBS) $(PYTEST_ARGUMENTS)

lab: $(VENV)/developed ## run the tests against a real registry (docker-registry, skopeo, nginx)
	@$(BIN)/pytest -q $(PYTEST_ARGUMENTS) tests/lab

fuzz: $(VENV)/fuzzing ## try mutated files on every format for FUZZ_SECONDS each; FUZZ_TARGETS names some
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

torture: $(VENV)/developed ## kill, starve, swap and mutate in full (docs/torture.md); `make test` runs a portion
	@PINNER_TORTURE=full $(BIN)/pytest -q -n $(JOBS) --timeout=7200 $(PYTEST_ARGUMENTS) tests/torture

lint: $(VENV)/developed ## check formatting, style and who imports whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }

types: $(VENV)/developed ## check types
	@$(BIN)/mypy

format: $(VENV)/developed ## format the code
	@$(BIN)/ruff format .

bench: $(VENV)/developed ## measure pinner beside its peers and write docs/performance.md; BENCH_ARGUMENTS=--quick for a look
	@$(BIN)/python -m bench $(BENCH_ARGUMENTS)
	@$(BIN)/python -m bench.requests

dist: $(VENV)/developed ## build the source archive and the wheel
	@rm -rf build dist
	@$(BIN)/python -m build --outdir dist . > $(VENV)/dist.log 2>&1 || { cat $(VENV)/dist.log; exit 1; }
	@ls dist

clean: ## remove everything that was made here
	@rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .fuzz .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find pinner tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "pinner needs Python 3.11 or newer, '$(PYTHON)' is older or missing; try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# What a user gets. The development install brings it too and is not undone.
$(VENV)/installed: pyproject.toml | $(VENV)/created
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/developed: pyproject.toml | $(VENV)/created
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/installed

$(VENV)/fuzzing: $(VENV)/developed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]' > $(VENV)/fuzzing.log 2>&1 || \
	{ echo "atheris cannot be installed here ($(VENV)/fuzzing.log says why); 'pytest tests/fuzz' runs the same targets without it" >&2; exit 1; }
	@touch $@
