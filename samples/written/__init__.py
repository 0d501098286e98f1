"""Written sample calls: invented telephone conversations with planted truth, made again from the same seed."""
