"""What do people do to an evaluation?"""
