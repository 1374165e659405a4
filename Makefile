# Every target but clean sets .venv up first, when it has to; see .ci/setup.
#   PYTHON=...  which Python (3.11 or newer) makes .venv
#   ARGS="..."  what is handed on, such as: make test ARGS="-k ledger"

.DEFAULT_GOAL := help
.PHONY: help cycle live test lab check bench picture lock clean .venv

PYTHON ?=
ARGS ?=
bin := .venv/bin

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*##/  make \1 #/p' Makefile | awk -F '#' '{ printf "%-14s%s\n", $$1, $$2 }'
	@echo '  Add ARGS="..." to hand options on, and PYTHON=... to choose the Python.'

cycle: .venv  ## run one cycle of the desk (workbench cycle)
	@$(bin)/workbench cycle $(ARGS)

live: .venv  ## pull the feeds and run one cycle on them (params/live.yaml)
	@$(bin)/workbench cycle -f params/live.yaml --outputs outputs/live $(ARGS)

test: .venv  ## run the tests
	@$(bin)/python -m pytest -n 2 --dist worksteal $(ARGS)

lab: .venv  ## open the notebooks in JupyterLab
	@JUPYTER_DEFAULT_PROVISIONER_NAME=workbench $(bin)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks \
		$(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

check: .venv  ## lint, formatting and types
	@$(bin)/ruff check $(ARGS)
	@$(bin)/ruff format --check
	@$(bin)/mypy

bench: .venv  ## measure the desk; ARGS=--quick for fewer rounds
	@$(bin)/python -m tests.bench $(ARGS)

picture: .venv  ## photograph the latest dispatch for the README (needs chromium)
	@$(bin)/python docs/picture.py

lock:  ## renew constraints.txt from pyproject.toml; ARGS=--upgrade for the newest (needs uv)
	@command -v uv >/dev/null || { echo 'lock: uv is not on PATH: install it (pip install uv)' >&2; exit 1; }
	@uv pip compile --quiet --universal --no-header --no-annotate --fork-strategy fewest \
		--extra dev $(ARGS) pyproject.toml -o constraints.txt

clean:  ## remove .venv, caches and build droppings; outputs/ is never touched
	@rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find workbench tests notebooks params docs \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-type d -prune -exec rm -rf {} + 2>/dev/null || true

# Phony, because only .ci/setup knows whether .venv is right: times of files change on a checkout.
.venv:
	@PYTHON="$(PYTHON)" sh .ci/setup
