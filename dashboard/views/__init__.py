"""The pages, one a file. Streamlit runs a page's file as a script; each shows itself when it is run."""
