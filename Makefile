# Two commands on a fresh machine: make run, make test. They need git, make and Python 3.11 or newer.

SETUP = python="$$(setup/python)" && "$$python" -m setup
BIN = .venv/bin
PYTEST_ARGS ?=
FUZZ_INPUTS ?= 100000
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help run dev test setup check train reader nlu-report flows route screenshots fuzz bench bench-console sbom lock clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Set up and start everything on http://127.0.0.1:8080, for a demonstration
	@$(SETUP) service $(if $(RASA_CHILD),rasa)
	@exec env DEMO=$${DEMO-1} $(BIN)/python -m setup.tied $(BIN)/valle-sano serve

dev: ## The same, started again whenever a file changes
	@$(SETUP) service tests $(if $(RASA_CHILD),rasa)
	@exec env DEMO=$${DEMO-1} $(BIN)/python -m setup.tied $(BIN)/watchfiles --filter default --sigint-timeout 30 "$(BIN)/valle-sano serve" bot channels storage

test: ## Set up what the tests need and run them all; make test PYTEST_ARGS="-k name" runs some
	@$(SETUP) service tests rasa train browser
	$(BIN)/pytest $(PYTEST_ARGS)

setup: ## Only set up: environments, Rasa's model
	@$(SETUP) service tests rasa train

check: ## Format, lint, types, imports, content: under a minute, without Rasa
	@$(SETUP) service tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/valle-sano check --content
	@$(BIN)/python -m setup.audit

train: ## Train Rasa's model if data or configuration changed, and keep what the service scores by itself
	@$(SETUP) service rasa
	@$(BIN)/valle-sano train

reader: ## Teach the second reader with today's examples (ten minutes, and 3 GB the first time)
	@$(SETUP) service tests
	@test -x .venv-reader/bin/python || $(BIN)/uv venv --quiet --python 3.11 .venv-reader
	@$(BIN)/uv pip install --quiet --python .venv-reader/bin/python --require-hashes --no-deps --requirement requirements/reader.txt
	@.venv-reader/bin/python -m tests.reading $(if $(WITHOUT),--without $(WITHOUT))

nlu-report: ## Measure what is understood and write docs/nlu-report.md (a few minutes)
	@$(SETUP) service tests rasa train
	@$(BIN)/python -m tests.nlu_report

flows: ## Draw the conversations into docs/flows, for a psychologist and a lawyer to sign
	@$(SETUP) service
	@$(BIN)/valle-sano flows

route: ## Write docs/ruta.md: what is answered about the route, with its sources
	@$(SETUP) service tests
	@$(BIN)/python -m tests.route_table

screenshots: ## Make the pictures of the simulator that the README shows
	@$(SETUP) service tests rasa train browser
	$(BIN)/python -m tests.screenshots

fuzz: ## Breed hostile input for the webhook, the word screen and the conversation; what breaks is kept in var/fuzz
	@$(SETUP) service tests
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --requirement requirements/fuzz.txt
	@$(BIN)/python -m tests.fuzz webhook $(FUZZ_INPUTS)
	@$(BIN)/python -m tests.fuzz words $(FUZZ_INPUTS)
	@$(BIN)/python -m tests.fuzz talk $(FUZZ_INPUTS)

bench: ## Measure the bot beside Rasa and beside bare statements and write docs/benchmarks.md (about ten minutes)
	@$(SETUP) service tests rasa
	@$(BIN)/python -m tests.bench.whole

bench-console: ## Measure the console under load and write docs/benchmarks.md (about three minutes)
	@$(SETUP) service tests
	@$(BIN)/python -m tests.bench.console

sbom: ## Write what the service is made of (CycloneDX) into var/sbom
	@$(SETUP) service tests
	@$(BIN)/python -m setup.audit sbom

lock: ## Pin again what the .in files ask for, at today's versions
	@$(SETUP) service tests
	setup/lock $(BIN)/uv

clean: ## Remove the environments; data under var/ stays
	rm -rf .venv .venv-rasa
