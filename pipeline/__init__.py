"""The use cases: each module does one thing that a person or a program asks for, from the outside to the database."""
