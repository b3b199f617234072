# make run: open tunetop.  make test: lint and tests.  make slow: the tests that it leaves out.  make check: lint and types.
# They need only Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# the core part of the tests, for other Pythons: workers, journal, parity with scikit-learn, a screen
CORE := tests/engine/workers/test_workers.py tests/engine/record/test_journal.py tests/tui/screens/test_monitor_sizes.py \
	tests/whole/test_parity.py -k "not test_monitor_sizes or size0 or size4"

.PHONY: core core-environment run test slow snapshots check lint bench bench-search soak picture screenshot keys share package clean
.DEFAULT_GOAL := run

# the stamp is newer than pyproject.toml once everything in it is installed: a second `make run` starts at once
$(VENV)/.run: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit("tunetop needs Python 3.11 or newer: make PYTHON=python3.12 run" if sys.version_info < (3, 11) else 0)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.run

run: $(VENV)/.run
	@$(BIN)/tunetop

check: lint
	$(BIN)/basedpyright

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# what every process that the tests start would compile anew, where Python is told to keep nothing of it
COMPILED := engine tui presets __init__.py __main__.py tests/support

PYTEST := $(BIN)/python -m pytest -q -n 4 --dist worksteal

test: lint
	@$(BIN)/python -m compileall -q $(COMPILED)
	$(PYTEST)

# what tests/slow.txt names: continuous integration runs both
slow: $(VENV)/.test
	@$(BIN)/python -m compileall -q $(COMPILED)
	$(PYTEST) -m slow

# accept every screen as it is now
snapshots: $(VENV)/.test
	TUNETOP_ACCEPT_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/tui/screens/test_snapshots.py
	@git status --short tests/tui/screens/snapshots

# make core PYTHON=python3.13: in an environment of its own, which core-environment makes beforehand where that saves time
CORE_VENV := .venv-core
core-environment:
	$(PYTHON) -m venv --clear $(CORE_VENV)
	$(CORE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[tests]'

core:
	@test -x $(CORE_VENV)/bin/pytest || $(MAKE) core-environment
	@$(CORE_VENV)/bin/python -m compileall -q $(COMPILED)
	$(CORE_VENV)/bin/python -m pytest -q -n 4 --dist worksteal $(CORE)
	rm -rf $(CORE_VENV)

bench: $(VENV)/.test
	$(BIN)/python tests/bench/bench_run.py
	$(BIN)/python tests/bench/bench_start.py
	$(BIN)/python tests/bench/bench_screen.py
	$(BIN)/python tests/bench/bench_verdict.py

bench-search: $(VENV)/.test
	$(BIN)/python tests/bench/bench_search.py
	$(BIN)/python tests/bench/bench_ask.py

# on the disk, where `make test` may be in memory (tests/conftest.py)
soak: export PYTEST_DEBUG_TEMPROOT := $(or $(TMPDIR),/tmp)
soak: $(VENV)/.test
	TUNETOP_TESTS_WHOLE=1 $(PYTEST) -m ""
	$(BIN)/python -m pytest -q -m soak tests/soak
	TUNETOP_TESTS_RAY=1 $(BIN)/python -m pytest -q -m "" tests/engine/workers/test_backends.py tests/engine/workers/test_shared_data.py \
		tests/engine/workers/test_ray.py -k "ray"

# the README's moving picture, recorded from a real run in a real terminal; pictures of two screens
picture: $(VENV)/.test
	$(BIN)/python tests/support/moving_picture.py

screenshot: $(VENV)/.test
	$(BIN)/python tests/support/screenshot.py
	$(BIN)/python tests/support/watched_pictures.py

keys: $(VENV)/.run
	@$(BIN)/python -m tunetop.tui.keys

# the manual page and what shells complete, made from the command line itself
share: $(VENV)/.run
	$(BIN)/python -m tunetop.tui.cli.shell share

# sdist and wheel into dist, built as for the world and checked
package: DIST := dist
package:
	$(PYTHON) -m venv --clear .venv-package
	.venv-package/bin/python -m pip install --quiet --disable-pip-version-check build twine
	rm -rf $(DIST)
	.venv-package/bin/python -m build --outdir $(DIST) .
	.venv-package/bin/twine check --strict $(DIST)/*
	rm -rf .venv-package

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
