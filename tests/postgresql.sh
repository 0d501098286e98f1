#!/bin/sh
# On PostgreSQL, what tests/all.sh runs on SQLite alone: everything that opens a database within the tests' own process.
set -eu
export STREAMLIT_LOGGER_LEVEL=error OMP_WAIT_POLICY=passive ATTUNE_TEST_DATABASE=postgresql PYTHONDONTWRITEBYTECODE=
exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
    tests/pipeline tests/api tests/dashboard tests/attacks tests/bench tests/test_cli_stored.py tests/test_cli_keeping.py \
    tests/storage/test_access.py tests/storage/test_causes.py tests/storage/test_every_asker.py tests/storage/test_plans.py "$@"
