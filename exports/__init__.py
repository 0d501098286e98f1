"""How does what is known become something to print, to send or to open elsewhere?

Values in, bytes or text out: nothing here asks the database or knows the screen. `pipeline.reports` gathers what somebody
may see and hands it over.
"""
