"""A recording, or a file that someone else made of one, becomes a Transcript."""

import os

# ONNX Runtime, which runs the detector of speech, tells its maker over the network what it runs where, unless this stands
# in the environment before it is loaded (Privacy.md in its package). Every import of it here comes after this one.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
