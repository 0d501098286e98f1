#!/bin/sh
# Format, lint, types, layers, tests: every check there is, stopping at the first that fails.
set -eu
bin=.venv/bin
mkdir -p build
echo "format"; $bin/ruff format --check --quiet .
echo "lint"; $bin/ruff check --quiet .
echo "types"; $bin/mypy --no-error-summary .
echo "layers"; $bin/lint-imports --no-logo > build/layers.txt 2>&1 || { cat build/layers.txt; exit 1; }
# Two processes, a file of tests each at a time. A thread that waits for its turn leaves the processor to the others.
export STREAMLIT_LOGGER_LEVEL=error  # it says of every cached function that no page is being shown
echo "tests"; OMP_WAIT_POLICY=passive $bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
