# `make help` lists the verbs. Everything lives in .venv/ and .leancity/; nothing outside the checkout is touched.
SHELL := /bin/bash
.DEFAULT_GOAL := help
FOLDERS := core modules tenants graphql
BIN := .venv/bin

.PHONY: help setup run test test-long lint fix types check bench schema migration lock clean

help:  ## list the verbs
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  %-10s %s\n", $$1, $$2}'

setup: .venv/ready .types  ## make the environment: locked dependencies, the packages of this checkout

.venv/ready: requirements.lock pyproject.toml setup.py scripts/setup.sh
	@scripts/setup.sh

.types:  ## give type checkers a real directory called leancity (they cannot follow an import hook)
	@mkdir -p .types/leancity
	@for folder in $(FOLDERS); do ln -sfn ../../$$folder .types/leancity/$$folder; done

run: setup  ## run the platform with demo cities on real PostgreSQL and Redis; Ctrl-C stops all of it
	@exec $(BIN)/leancity up

test: setup  ## every test, on servers of its own
	@$(BIN)/python -m pytest -n 3 -m "not long and not alone"
	@$(BIN)/python -m pytest -m "alone and not long"

test-long: setup  ## what does not fit into `make test`: volume, faults
	@$(BIN)/python -m pytest -m long

lint: setup  ## ruff, its formatter, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=.types $(BIN)/lint-imports --no-cache

fix: setup  ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup  ## mypy --strict, of the packages and of the tests
	@$(BIN)/mypy

check: lint types test  ## what CI runs

bench: setup  ## ratios against baselines run side by side
	@$(BIN)/python -m tests.benchmarks

schema: setup  ## write graphql/schema.graphql and operator.graphql from the code
	@$(BIN)/leancity schema > graphql/schema.graphql
	@$(BIN)/leancity schema --kind operator > graphql/operator.graphql

migration: setup  ## write the migrations that today's tables need (APP=core_cases, or all)
	@$(BIN)/leancity db new-migration $(or $(APP),all)

lock: setup  ## pin the newest versions of the dependencies, with hashes
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --all-extras --upgrade --quiet pyproject.toml -o requirements.lock

clean:  ## remove the environment and the local servers' data
	rm -rf .venv .types .leancity build *.egg-info
