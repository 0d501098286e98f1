"""Where do people and teams fall short, and how sure is that?"""
