# Two front doors: `make demo` and `make test`. Each does all set-up on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= demo-run

.PHONY: demo test lint docs check constraints licences release-check clean

demo: $(READY)  ## the whole job on data that is here: ingest, pretrain, transfer, table
	$(BIN)/insonify demo $(DEMO)

test: $(READY)  ## all tests, a process for each core and a thread for each process
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist worksteal

lint: $(READY)  ## style, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)  ## build the site, in site/; any warning fails
	$(BIN)/zensical build --clean --strict

check: lint docs test

release-check: $(READY)  ## build a release, and use it as a new user would; leaves dist/
	OMP_NUM_THREADS=2 $(BIN)/python release/check_wheel.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,baselines,dicom,docs,export,ray,review,volumes]'
	touch $@

constraints: $(READY)  ## pin what is installed now
	{ echo "# What CI runs. Made by: make constraints"; \
	  $(BIN)/pip freeze --exclude-editable; } > constraints.txt

licences: $(READY)  ## write docs/reference/licences.md
	$(BIN)/python release/licences.py

clean:
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
