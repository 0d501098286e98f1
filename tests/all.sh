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
tests="$bin/python -m pytest"
export OMP_WAIT_POLICY=passive
export PYTHONDONTWRITEBYTECODE=  # many tests start a process, and each would compile the program anew
echo "tests"
if $tests --cache-clear -n 2 --dist loadfile --no-loadscope-reorder "$@"; then exit 0; elif [ $? -ne 1 ]; then exit 1; fi
# A browser gives up waiting where the machine is too busy; alone it has no such excuse. Whatever else failed has failed.
last=build/pytest/v/cache/lastfailed
if [ ! -f $last ] || grep '"' $last | grep -qv '"tests/browser/'; then exit 1; fi
files=$(grep -o 'tests/browser/[a-z_]*\.py' $last | sort -u)
echo "the browser's tests that failed, once more and alone: $files"
$tests -n 0 $files
