"""The one command that teaches the judge of behaviours from the corpus; `teaching.py` says how."""

import sys

from scoring.behaviours.teaching import main

if __name__ == "__main__":
    sys.exit(main())
