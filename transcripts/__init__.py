"""A recording, or a file that someone else made of one, becomes a Transcript."""
