# Two commands: `make demo` shows the whole way on real data, `make test` runs every check.
# `make` alone lists the rest.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PACKAGES := bureau features feature_repo scoring training serving tradeline

# The Python to use: the first of these that runs and is 3.11 or 3.12. `make setup PYTHON=...` names another.
PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3 python)

# Nothing of the caller's Python, tools or libraries leaks in. A registry, certificates and proxies do: they
# say where packages come from, and the lock's hashes say what they must be.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONOPTIMIZE PYTHONWARNINGS PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV CONDA_PREFIX __PYVENV_LAUNCHER__ PIP_TARGET PIP_PREFIX PIP_USER PIP_CONSTRAINT
unexport PIP_REQUIRE_VIRTUALENV PIP_NO_BINARY UV_PYTHON UV_SYSTEM_PYTHON UV_PROJECT_ENVIRONMENT UV_CONSTRAINT
unexport UV_OVERRIDE UV_EXCLUDE_NEWER UV_NO_BINARY UV_NO_BUILD_ISOLATION UV_PRERELEASE UV_RESOLUTION
unexport PYTEST_ADDOPTS PYTEST_PLUGINS MYPYPATH RUFF_CONFIG
unexport MLFLOW_TRACKING_URI MLFLOW_REGISTRY_URI MLFLOW_EXPERIMENT_NAME MLFLOW_RUN_ID FEAST_FS_YAML_FILE_PATH
unexport BENTOML_HOME BENTOML_CONFIG BENTOML_CONFIG_OPTIONS
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_HTTP_TIMEOUT ?= 120

# A registry set for pip (a mirror, say) serves uv too, unless uv has one of its own.
WITH_REGISTRY := if [ -z "$${UV_DEFAULT_INDEX:-}$${UV_INDEX_URL:-}" ]; then \
	  index=$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null \
	    || $(BIN)/python -m pip config get user.index-url 2>/dev/null || true)}; \
	  if [ -n "$$index" ]; then UV_DEFAULT_INDEX=$$index; export UV_DEFAULT_INDEX; fi; \
	fi

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(STAMP) ## make .venv with everything in the lock (fast when nothing changed)
	@:

.PHONY: demo
demo: setup ## the whole way on 30,000 real card holders, in ./var
	@$(BIN)/tradeline demo

.PHONY: test
test: setup ## every check: lint, format, types, import arrows, all tests and examples
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: bench
bench: setup ## measure against peers and limits
	$(BIN)/python -m benchmarks

.PHONY: format
format: setup ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(BIN)/uv ## resolve the dependencies anew; LOCK_OPTIONS=--upgrade takes newer ones
	@$(WITH_REGISTRY); \
	compile="$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet"; \
	$$compile $(LOCK_OPTIONS) --custom-compile-command "make lock" --constraints requirements/floors.txt \
	  pyproject.toml --group develop --output-file requirements/lock.txt; \
	for name in uv data; do \
	  $$compile --no-deps --no-annotate --custom-compile-command "make lock" \
	    requirements/$$name.in --output-file requirements/$$name.txt; \
	done

.PHONY: clean
clean: ## remove caches and build results (not .venv, not var)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find $(PACKAGES) tests benchmarks notebooks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(STAMP): $(BIN)/uv requirements/lock.txt requirements/data.txt pyproject.toml
	@echo "==> installing the packages of requirements/lock.txt (some 220; minutes the first time)"
	@rm -f $(STAMP)
	@$(WITH_REGISTRY); \
	$(BIN)/uv pip sync --python $(BIN)/python --compile-bytecode --require-hashes \
	  requirements/uv.txt requirements/lock.txt requirements/data.txt; \
	$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
	@echo "==> .venv is ready"

$(BIN)/uv: requirements/uv.txt
	@missing() { printf '\n%s\n  %s\n\n' "$$1" "$$2" >&2; exit 1; }; \
	command -v git >/dev/null 2>&1 || missing "git is missing." \
	  "Install it, for example: sudo apt-get install git"; \
	python=; found=; \
	for candidate in $(CANDIDATES); do \
	  "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1 || continue; \
	  found=$${found:-$$candidate}; \
	  if "$$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	done; \
	[ -n "$$found" ] || missing "Python 3.11 or 3.12 is missing (tried: $(CANDIDATES))." \
	  "Install it, for example: sudo apt-get install python3 python3-venv; or name one: make setup PYTHON=/path/to/python3.12"; \
	version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	[ -n "$$python" ] || missing "The venv module of Python $$version is missing." \
	  "Install it, for example: sudo apt-get install python$$version-venv"; \
	version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	if [ "$$(uname -s)" = Linux ]; then \
	  "$$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' >/dev/null 2>&1 || missing \
	    "The library libgomp (libgomp.so.1) is missing; LightGBM needs it." \
	    "Install it, for example: sudo apt-get install libgomp1"; \
	fi; \
	echo "==> making .venv with Python $$version ($$python)"; \
	if $(BIN)/python -c "import sys, pip; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" >/dev/null 2>&1; \
	then :; else "$$python" -m venv --clear $(VENV); fi; \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt || missing \
	  "No package registry answered with uv (see pip's error above)." \
	  "Check the network and proxy, or name a mirror: pip config set global.index-url <address of the mirror>"; \
	touch $(BIN)/uv
