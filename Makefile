# Each target is a thin name for a `millrace` command; `millrace --help` has what is not here.

ENV ?= local
SYSTEMS ?=
SYSTEM ?=
ONLY ?=

MILLRACE := .venv/bin/millrace
# Most tests wait for what they started, so four processes keep two cores busy.
PYTEST := .venv/bin/python -m pytest --numprocesses 4 --no-loadscope-reorder
READY := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup tools up preview provision release status drill down rehearse destroy logs lint test test-long bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  ENV=local names an environment; its settings are pulumi/environments/ENV.yaml'

setup: $(READY) ## Make .venv from requirements.lock

$(READY): requirements.lock pyproject.toml scripts/setup
	@scripts/setup
	@touch $@

tools: $(READY) ## Install the pinned programs and show where each came from
	@$(MILLRACE) tools --install

up: $(READY) ## Tools, environment, training, gate, release, smoke test: SYSTEMS=a,b for some
	@$(MILLRACE) up --env $(ENV) $(if $(SYSTEMS),--systems $(SYSTEMS))

preview: $(READY) ## Show what provisioning would change
	@$(MILLRACE) preview $(ENV)

provision: $(READY) ## Bring an environment to what its settings say
	@$(MILLRACE) provision $(ENV)

release: $(READY) ## Release a model version of SYSTEM=name
	@$(if $(SYSTEM),$(MILLRACE) release $(SYSTEM) --env $(ENV),echo 'name a system: make release SYSTEM=recommender' >&2; exit 2)

status: $(READY) ## Show components, releases, last gate and alerts
	@$(MILLRACE) status --env $(ENV)

drill: $(READY) ## Prove the whole loop on a running environment: SYSTEM=name for one
	@$(MILLRACE) drill --env $(ENV) $(if $(SYSTEM),--system $(SYSTEM))

logs: $(READY) ## Show the logs of all, or of SYSTEM=name (a system or a component)
	@$(MILLRACE) logs $(SYSTEM) --env $(ENV)

down: $(READY) ## Stop an environment's processes; data stays
	@$(MILLRACE) down --env $(ENV)

rehearse: $(READY) ## The whole life of ENV=dev|staging|prod on an account that this machine plays
	@$(MILLRACE) rehearse $(ENV)

destroy: $(READY) ## Remove an environment and its data, after asking
	@$(MILLRACE) destroy $(ENV)

lint: $(READY) ## Every check of the code that needs nothing running
	@.venv/bin/python -m scripts.lint

test: $(READY) ## Everything the project can prove on this machine
	@$(PYTEST) -m 'not long'

test-long: $(READY) ## The same with full counts
	@$(PYTEST)

bench: $(READY) ## Measure the figures against their goals: ONLY=pattern for some
	@.venv/bin/python -m infra.toolchain install wrk >/dev/null
	@ONLY='$(ONLY)' .venv/bin/python -m tests.bench
