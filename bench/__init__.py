"""Measured comparisons, each one command; the last line printed is one JSON object with the figures and `"holds"`."""
