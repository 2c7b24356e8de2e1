# `make` alone lists the targets. All of them share one environment, made on first use.
#
#   VENV=dir      where it lives (default .venv)
#   PYTHON=path   the Python it is made from (default: the first of 3.13 ... 3.10 that runs);
#                 looked at only when the environment is made
#   BASE=rev      the revision that bench-compare compares with (default main)
#   ARGS="..."    handed on to the command of the target, as in: make test ARGS="-k conv2d"

VENV ?= .venv
PYTHON ?=
ARGS ?=
BASE ?= main

BIN := $(VENV)/bin
READY := $(VENV)/.environment-ready
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.DEFAULT_GOAL := help
.PHONY: help demo test lint conformance bench bench-compare bench-gpu docs docs-serve clean

help:  ## list the targets
	@echo "make TARGET [VENV=dir] [PYTHON=path] [ARGS=...]"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | \
	  while IFS='|' read -r name text; do printf '%-17s%s\n' "$$name" "$$text"; done

demo: $(RUN)  ## train LeNet on the digits that come with the package
	@"$(BIN)/tf-slim" demo $(ARGS)

test: $(DEV)  ## run every test, two at a time
	@"$(BIN)/python" -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(DEV)  ## ruff and pyright, on source and tests
	@"$(BIN)/python" -m ruff check . $(ARGS)
	@"$(BIN)/python" -m ruff format --check --quiet . || { \
	  echo "make: some files are not as \`ruff format\` leaves them; see: ruff format --diff ." >&2; exit 1; }
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 "$(BIN)/python" -m pyright --pythonpath "$(BIN)/python"

conformance: $(DEV)  ## run the tests of the old tf_slim 1.1.0 against this package
	@"$(BIN)/python" scripts/conformance.py $(ARGS)

bench: $(DEV)  ## run the benchmarks beside the peers that are there; writes JSON, a page and a table
	@"$(BIN)/python" -m benchmarks run $(ARGS)

bench-compare: $(DEV)  ## tell what got slower than noise against BASE=revision
	@"$(BIN)/python" -m benchmarks compare "$(BASE)" $(ARGS)

bench-gpu: $(DEV)  ## the table of nets on your GPU
	@"$(BIN)/python" -m benchmarks gpu $(ARGS)

docs: $(DEV) $(DOCS)  ## build the site of the documentation into site/, strictly, and look at it in a browser
	@"$(BIN)/python" -m scripts.docs
	@"$(BIN)/zensical" build --clean --strict $(ARGS)
	@SITE=site "$(BIN)/python" -m pytest -q tests/docs/test_site.py

docs-serve: $(DOCS)  ## show it on this machine, and follow what is written
	@"$(BIN)/python" -m scripts.docs
	@"$(BIN)/zensical" serve $(ARGS)

clean:  ## remove what make and the tools made, the environment included
	@if grep -qs '^made' "$(READY)"; then echo "Removing $(VENV)"; rm -rf "$(VENV)"; fi
	@rm -rf build dist site .cache *.egg-info .pytest_cache .ruff_cache .hypothesis .benchmarks
	@find . \( -name .git -o -name .venv \) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# ---- the environment -------------------------------------------------------------------------------
# Each stamp is written last, so a step that failed is done again on the next run.

$(RUN): pyproject.toml | $(READY)
	@echo "Installing tf_slim into $(VENV) (TensorFlow is large: minutes the first time) ..."
	@"$(BIN)/python" -m pip install -qq --disable-pip-version-check --editable .
	@touch "$@"

$(DEV): pyproject.toml | $(READY)
	@echo "Installing tf_slim and its development tools into $(VENV) (minutes the first time) ..."
	@"$(BIN)/python" -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch "$(RUN)" "$@"

$(DOCS): pyproject.toml | $(RUN)
	@echo "Installing what builds the documentation into $(VENV) ..."
	@"$(BIN)/python" -m pip install -qq --disable-pip-version-check --editable '.[docs]'
	@touch "$@"

CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3.10 python3)
IN_RANGE := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))

# A candidate may be on the PATH and still not run (a version manager's shim), may be too old, or
# may come without ensurepip, without which it makes environments that have no pip. An environment
# that was there before is used if it will do, and `make clean` leaves it alone.
$(READY):
	@if [ -e "$(VENV)" ]; then \
	  if "$(BIN)/python" -c '$(IN_RANGE)' >/dev/null 2>&1 \
	    && "$(BIN)/python" -m pip --version >/dev/null 2>&1; then \
	    echo "Using the environment $(VENV) that is there."; echo found >"$@"; exit 0; \
	  fi; \
	  echo "make: $(VENV) is there, but is no environment of Python 3.10 to 3.13 with pip in it." >&2; \
	  echo "      Remove it, or name another one: VENV=dir" >&2; \
	  exit 1; \
	fi; \
	python=; without_pip=; \
	for candidate in $(CANDIDATES); do \
	  "$$candidate" -c '$(IN_RANGE)' >/dev/null 2>&1 || continue; \
	  if "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    python=$$candidate; break; \
	  fi; \
	  without_pip=$${without_pip:-$$candidate}; \
	done; \
	if [ -z "$$python" ] && [ -n "$$without_pip" ]; then \
	  echo "make: $$without_pip runs, but cannot make an environment: it has no venv/ensurepip." >&2; \
	  echo "      On Debian and Ubuntu: apt install python3-venv; or name another one: PYTHON=path" >&2; \
	  exit 1; \
	fi; \
	if [ -z "$$python" ]; then \
	  echo "make: no Python 3.10 to 3.13. Not there, not running, or of another version:" $(CANDIDATES) >&2; \
	  echo "      Install one, or name the one you have: PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	echo "Making the environment $(VENV) with $$("$$python" --version) ..."; \
	"$$python" -m venv "$(VENV)" || { rm -rf "$(VENV)"; exit 1; }; \
	echo made >"$@"
