"""Does every recorded sample call, heard for real, get the verdicts that it was made to show?

    python -m bench.recordings [NAME ...]       without names: all of them

Hears each two-channel recording of the samples, takes its private words out, measures it and judges it by the scorecards
that its script names. The last line printed is one JSON object: how many verdicts are as they should be, which are not, and
`holds`, which says that all are. The tests hear a few of these recordings; this takes some minutes.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from samples.make_recordings import CALLS, read_scripts
from samples.shown import not_shown
from scoring.signals import measure
from transcripts.hear import transcribe_recording
from transcripts.private import redact


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit status is 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scripts = {script.name: script for script in read_scripts()}
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these sample calls")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(scripts):
        parser.error(f"there is no sample call {sorted(unknown)[0]!r}; there are {', '.join(scripts)}")
    verdicts, wrong = 0, {}
    for script in [scripts[name] for name in asked.names or scripts]:
        transcript = redact(transcribe_recording(CALLS / f"{script.name}.ogg")).transcript
        others = not_shown(script, transcript, measure(transcript))
        verdicts += sum(map(len, script.expected.values()))
        if others:
            wrong[script.name] = others
        print(f"{script.name}: {'; '.join(others) or 'as it should be'}", file=sys.stderr)
    as_expected = verdicts - sum(map(len, wrong.values()))
    print(json.dumps({"verdicts": verdicts, "as_expected": as_expected, "wrong": wrong, "holds": not wrong}))
    return 0 if not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
