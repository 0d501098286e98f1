"""What can an operator and another program ask on the command line?

One file a group of commands, each opening with the question it answers. `cli.py` joins them. A command imports what it needs
when it runs, so that each starts fast.
"""
