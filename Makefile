# The two commands of the README: make chat, make test.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install chat test bench docs clean

install: .venv/installed

chat: .venv/installed
	@$(BIN)/python chat.py

test: .venv/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -q -n auto --dist loadfile

bench: .venv/installed-bench
	@$(BIN)/python -m benchmarks.starter

docs: .venv/installed-bench
	@$(BIN)/python docs/terminal_picture.py

clean:
	rm -rf .venv bots build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Everything pip says goes to stderr: stdout belongs to the chat.
.venv/python: 
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	@echo "Making .venv ..." >&2
	@$(PYTHON) -m venv .venv >&2
	@touch $@

.venv/installed: .venv/python pyproject.toml constraints.txt
	@echo "Installing (torch is large; a few minutes the first time) ..." >&2
	@$(PIP) -e '.[evaluate]' >&2
	@touch $@

.venv/installed-dev: .venv/installed
	@$(PIP) -e '.[dev,embeddings]' >&2
	@touch $@

.venv/installed-bench: .venv/installed
	@$(PIP) -e '.[bench]' >&2
	@touch $@
