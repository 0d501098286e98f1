"""Why are customers in touch, in the centre's own words, and how sure is the machine of it?"""
