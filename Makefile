# `make` explains itself. Every target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help run test bench lint setup

PORT ?= 8000
PROJECT ?= examples/cinema

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Set up, build, and serve the example with its own PostgreSQL on port 8000
	@scripts/setup.sh run
	@scripts/run.sh $(PROJECT) $(PORT)

test: ## Set up and run every test
	@scripts/setup.sh test
	@scripts/test.sh

bench: ## Measure against the limits and peers
	@scripts/setup.sh bench
	@scripts/bench.sh $(BENCH)

lint: ## Formatting, clippy, documentation
	@scripts/setup.sh build
	@scripts/lint.sh

setup: ## Install what is missing, when allowed; else say what is
	@scripts/setup.sh run
