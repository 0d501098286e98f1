"""What people see: Streamlit pages, thin, over `dashboard.data` and `dashboard.widgets`."""

COOKIE = "attune_session"
"""The name of the cookie that carries a session; here, so that the server can learn it without loading a page."""
