"""What was written to invented companies, and what should be found in it?"""
