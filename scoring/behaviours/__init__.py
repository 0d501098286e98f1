"""What does a speaker do in a turn: apologise, ask, reflect, promise, complain?

`corpus/` defines each behaviour and shows it; `python -m scoring.behaviours` teaches a judge from it; `judge.py` answers for
any turn, with a probability and the words that it rests on.
"""
