# Every command sets up what it needs. `make demo` is the way in; see README.md.
# Nothing outside this folder and the user's cache folder is written.

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
PY := $(VENV)/bin/python
WORKERS ?= 2

# uv must take the Python it is given and never fetch one; our lock names every hash.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_CONFIG := 1
# A site with its own certificate authority keeps it in the system store.
export UV_SYSTEM_CERTS := true
# One setting for a mirror is enough: pip's.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := help
.PHONY: help setup check test demo bench soak lock clean

help:  ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## Install everything, run nothing

.tools/.ready-$(UV_VERSION):
	@echo "setting up: the installer (uv $(UV_VERSION))"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lianhe needs Python 3.11 or newer; name one by PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements/tools.lock
	@touch $@

$(VENV)/.ready: .tools/.ready-$(UV_VERSION) requirements/dev.lock pyproject.toml
	@echo "setting up: the locked libraries"
	@test -x $(PY) || .tools/bin/uv venv --quiet --python .tools/bin/python $(VENV)
	@rm -f $@
	@.tools/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements/dev.lock
	@.tools/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

lock: .tools/.ready-$(UV_VERSION)  ## Write requirements/*.lock anew from pyproject.toml
	@for layer in dev county base; do \
	  case $$layer in base) extra=;; county) extra="--extra county";; \
	    dev) extra="--extra county --extra dev";; esac; \
	  bound=; test $$layer = dev || bound="--constraint requirements/dev.lock"; \
	  .tools/bin/uv pip compile --quiet pyproject.toml $$extra $$bound --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-header --no-annotate --output-file requirements/$$layer.lock || exit 1; done
	@echo "uv==$(UV_VERSION)" | .tools/bin/uv pip compile --quiet - --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --output-file requirements/tools.lock

check: setup  ## Format, lint, types, import rules
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

test: setup  ## The whole test suite
	@# Found or built here, so that no test waits for a build of several minutes.
	@$(PY) -m infra.temporal_binary
	@$(PY) -m tests.support.iso20022_java
	@$(PY) -m tests.support.verapdf
	@$(PY) -m pytest -n $(WORKERS) --dist=worksteal

demo: setup  ## A county's life on real input, with proofs
	@$(VENV)/bin/lianhe demo

bench: setup  ## Paired benchmarks, a table of ratios
	@# Before anything is laid out and signed: a request is stale after some minutes.
	@$(PY) -m infra.temporal_binary
	@$(PY) -m bench

soak: setup  ## The long runs: seeds, cuts, kills, fuzz
	@$(PY) -m infra.temporal_binary
	@$(VENV)/bin/lianhe simulate --seeds 5000
	@$(PY) -m pytest -n $(WORKERS) --dist=worksteal -m soak
	@$(PY) -m pytest -n $(WORKERS) --dist=worksteal -m "hypothesis and not soak" \
	  --hypothesis-profile=soak

clean:  ## Remove what set-up made
	rm -rf $(VENV) .tools
