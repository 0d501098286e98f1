# make demo    sets up and runs the main job: real calls transcribed, scored, and the dashboard open on them
# make test    sets up and passes every check
# make test-postgresql   runs on PostgreSQL what make test runs on SQLite alone
# make audit   asks whether any pinned package is known to have a hole; needs the network

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
INSTALLED := .venv/.installed

.PHONY: demo test test-postgresql audit install

demo: $(INSTALLED)
	@$(RUN) cli.py demo

test: $(INSTALLED)
	@sh tests/all.sh

test-postgresql: $(INSTALLED)
	@sh tests/postgresql.sh

audit: $(INSTALLED)
	@sh tests/audit.sh

install: $(INSTALLED)

$(INSTALLED): requirements.txt constraints.txt requirements-voices.txt
	@test -n "$(PYTHON)" || { echo "Attune needs Python 3.11 or later; none was found. Install it, or name it: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv with $(PYTHON); this takes a few minutes once."
	@$(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-voices.txt
	@touch $(INSTALLED)
