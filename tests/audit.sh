#!/bin/sh
# Is any pinned package known to have a hole? Needs the network, and is no part of the tests.
# Exit status 0: none is known. 1: some are, and are listed. 2: it could not be asked, so nothing was checked.
set -u
python=${PYTHON:-.venv/bin/python}
tool=build/audit
answer=$tool/answer.json
if [ ! -x $tool/bin/pip-audit ]; then
  $python -m venv $tool && $tool/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 2> /dev/null || {
    echo "pip-audit could not be installed, so nothing was checked."; exit 2; }
fi
rm -f $answer
cat constraints.txt requirements-voices.txt | sed "s/\[[a-z]*\]//" > $tool/pinned.txt
$tool/bin/pip-audit --vulnerability-service osv --disable-pip --no-deps --progress-spinner off --format json \
  --requirement $tool/pinned.txt --output $answer 2> $tool/messages.txt
status=$?
if ! $python -c 'import json, sys; json.load(open(sys.argv[1]))' $answer 2> /dev/null; then
  tail -1 $tool/messages.txt | cut -c1-200
  echo "The list of known holes could not be asked, so nothing was checked."
  exit 2
fi
$python - $answer <<'END'
import json, sys
listed = json.load(open(sys.argv[1]))["dependencies"]
found = [one for one in listed if one.get("vulns")]
skipped = [one for one in listed if "skip_reason" in one]
for one in found:
    for hole in one["vulns"]:
        print(f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}")
for one in skipped:
    print(f"{one['name']}: not checked, {one['skip_reason']}")
print(f"{len(listed) - len(skipped)} pinned packages were checked; {len(found)} have a known hole.")
END
exit $status
