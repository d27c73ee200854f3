# Everything that a developer or CI runs. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_ALL := $(VENV)/.installed-all
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

.PHONY: help setup demo test test-all lint clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make .venv and install warewheel into it, with the test and dev tools

# PyBullet ships wheels up to Python 3.11; on a newer one pip compiles it.
$(BIN)/python:
	@if python3.11 -c '' 2>/dev/null; then \
	    python3.11 -m venv $(VENV); \
	elif command -v uv >/dev/null; then \
	    uv venv --seed --python 3.11 $(VENV); \
	else \
	    echo "No Python 3.11 and no uv here: using $$(python3 --version). On Python 3.12 and"; \
	    echo "later PyBullet is compiled, which takes minutes and needs a C++ compiler."; \
	    python3 -m venv $(VENV); \
	fi

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c constraints.txt -e '.[test,dev]'
	@touch $@

# An unpinned torch may bring gigabytes for graphics cards.
$(STAMP_ALL): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c constraints.txt torch==2.13.0 -e '.[rl,brain,classical]'
	@touch $@

demo: $(STAMP)  ## Run one delivery; write its film, contact sheet and log to out/demo
	$(BIN)/warewheel demo --out out/demo

test: $(STAMP)  ## Run the fast tests
	$(BIN)/python -m pytest -n 2

test-all: $(STAMP_ALL)  ## Install all extras; run every test, the slow ones too
	$(BIN)/python -m pytest -n 2 -m ''

lint: $(STAMP)  ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean:  ## Remove what builds and runs leave behind, but not .venv
	rm -rf out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
