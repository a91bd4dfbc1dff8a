# Two commands set everything up on a machine with git, make and Python: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
NVIM ?= nvim
DEVICE ?= cpu
JOBS ?= 2
REPORT ?= docs/benchmarks/$(DEVICE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo try test check format vsix bench clean

# Dictate bundled recordings into a document, through the real server and engine.
demo: $(VENV)/.installed
	$(BIN)/dictate demo

# Neovim with the plugin loaded and the microphone live.
try: $(VENV)/.installed
	@command -v $(NVIM) >/dev/null || { echo "make try: no $(NVIM) on the PATH: install Neovim 0.10 or newer"; exit 1; }
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NVIM) --cmd 'set runtimepath^=$(CURDIR)/editor/neovim' \
		-c 'helptags $(CURDIR)/editor/neovim/doc' -c 'nnoremap <F9> <Plug>(dictate-toggle)' -c 'inoremap <F9> <Plug>(dictate-toggle)' \
		-c 'echo "F9 or :Dictate starts and stops dictation, :help dictate tells the rest"'

# Everything the tests need, then all of them, in as many processes as JOBS says.
test: $(VENV)/.test-installed check
	sh tests/editors.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# The one entry point of every static check.
check: $(VENV)/.test-installed
	$(BIN)/ruff format --check server tests
	$(BIN)/ruff check server tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh editor/neovim/check.sh
	sh editor/vscode/check.sh

format: $(VENV)/.test-installed
	$(BIN)/ruff format server tests
	$(BIN)/ruff check --fix server tests
	-npm --prefix editor/vscode run --silent format

# The VS Code extension, packed: editor/vscode/dist/*.vsix. Needs Node 20 or newer and npm.
vsix:
	@command -v npm >/dev/null || { echo "make vsix: no npm on the PATH: install Node 20 or newer"; exit 1; }
	sh editor/vscode/dependencies.sh
	npm --prefix editor/vscode run --silent package

# The whole set of benchmarks for this machine, with a report: DEVICE=cpu or DEVICE=cuda.
bench: $(VENV)/.bench-installed
	$(BIN)/dictate bench report --device $(DEVICE) --out $(REPORT)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.bench-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	touch $@

$(VENV)/.test-installed: pyproject.toml constraints.txt tests/install.sh | $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,check]'
	sh tests/install.sh
	touch $@

clean:
	rm -rf $(VENV) $(CACHE)
