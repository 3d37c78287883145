# Every habit is a target; `make help` lists them.
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST_ARGS ?=
BENCH ?=
SHORT ?=

.PHONY: help env servers run reset logs test e2e faults hostile fuzz acceptance bench check fmt lint types \
	imports contracts contracts-update lock clean

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  %-18s %s\n", $$1, $$2}'

env: ## Make the Python environment (.venv)
	@deploy/local/bootstrap.sh env

servers: ## The environment, and what the servers need
	@deploy/local/bootstrap.sh servers

run: servers ## Start everything, load the quickstart data, play the main job, stay up
	@$(BIN)/python -m local_stack.run

reset: env ## Forget the data of `make run`
	@$(BIN)/python -m local_stack.reset

logs: ## Follow the logs of `make run`
	@$(BIN)/python -m local_stack.logs

test: servers ## Run every test, on two cores
	@$(BIN)/pytest -n 2 $(PYTEST_ARGS)

e2e: servers ## Run the tests over real processes only
	@$(BIN)/pytest tests/e2e $(PYTEST_ARGS)

faults: servers ## Kill, hang and empty parts of the running platform; SHORT=1 for the short form
	@KONTOR_FAULTS_SHORT=$(SHORT) $(BIN)/pytest tests/faults --timeout 1800 $(if $(SHORT),-m "not long") $(PYTEST_ARGS)

hostile: servers ## Hostile input, and canaries of others, on every operation; SHORT=1 for every tenth
	@KONTOR_HOSTILE_EVERY=$(if $(SHORT),10,1) $(BIN)/pytest tests/hostile tests/isolation --timeout 3600 $(PYTEST_ARGS)

fuzz: servers ## Schemathesis over the three contracts; SHORT=1 for the short form
	@KONTOR_FUZZ_EXAMPLES=$(if $(SHORT),2,50) KONTOR_FUZZ_PHASES=$(if $(SHORT),fuzzing,all) \
	  $(BIN)/pytest tests/fuzz --timeout 3600 $(PYTEST_ARGS)

acceptance: servers ## A real wholesaler's trade, DATA=<directory>; DAYS=5, or SHORT=1 for one day
	@$(BIN)/python -m tests.acceptance $(if $(SHORT),--short,--days $(or $(DAYS),5)) "$(DATA)"

bench: servers ## Measure beside bare references; `make bench BENCH="list_page search"` a part of it
	@$(BIN)/python -m tests.load.bench $(BENCH)

check: lint types imports contracts ## Everything that needs no server: format, lint, types, imports, contracts

fmt: env ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

lint: env ## Formatting and lint
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: env ## Types (mypy, strict)
	@$(BIN)/mypy

imports: env ## Which part may import which (import-linter)
	@$(BIN)/lint-imports

contracts: env ## The published contracts: current, linted, examples accepted, calls as listed
	@$(BIN)/python -m contract_tools check

contracts-update: env ## Write the published contracts from the code
	@$(BIN)/python -m contract_tools generate

lock: env ## Write the requirement locks
	@for name in runtime dev build; do $(BIN)/uv pip compile --quiet --universal --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 requirements/$$name.in -o requirements/$$name.lock; done

clean: ## Remove the environment and caches; the data of `make run` stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
