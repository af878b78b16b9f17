# Two commands are enough for a newcomer: `make demo` and `make test`. Each sets up everything it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
JOBS   ?= 3

.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh deploy/setup.sh venv $(VENV)

setup: $(READY) ## The virtual environment from the lock file

demo: $(READY) ## A chain in a box: one full store with its bench, nine light ones, HQ with history; Ctrl-C ends it
	@sh deploy/setup.sh packages demo
	@$(BIN)/tallystick demo

smoke: $(READY) ## A seeded run over real processes and wires with power cuts; one JSON line at the end
	@sh deploy/setup.sh packages demo
	@$(BIN)/python -m tests.smoke

test: $(READY) ## Every test: unit, golden, simulation, integration, browser
	@sh deploy/setup.sh packages test
	@sh deploy/setup.sh cards $(VENV)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q -m "not soak"

soak: $(READY) ## Long seeded runs (100,000 sync schedules, 1,000,000 events at shelf labels, 20 long store days); SEED= repeats one
	@sh deploy/setup.sh packages test
	@sh deploy/setup.sh cards $(VENV)
	@TALLYSTICK_SOAK_SCHEDULES=$${TALLYSTICK_SOAK_SCHEDULES:-100000} $(BIN)/python -m pytest -n $(JOBS) -q -m soak

check: $(READY) ## Format, lint, strict types, import contracts, house rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/architecture

bench: $(READY) ## Every figure as one JSON line; ONLY=till|basket|labels|llrp|epc|tags … runs one family
	@sh deploy/setup.sh packages test
	@$(BIN)/python -m tests.bench $(ONLY)

EXTRAS := edge staff cloud embedded sim dev

lock: ## Renew requirements.lock from pyproject.toml (needs uv); requirements-cards.lock is written by hand
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header $(EXTRAS:%=--extra %) -q pyproject.toml -o requirements.lock

clean: ## Remove the virtual environment and all demo state
	rm -rf $(VENV) .tallystick

.PHONY: help setup demo smoke test soak check bench lock clean
