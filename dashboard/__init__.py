"""What people see: Streamlit pages, thin, over `dashboard.data` and `dashboard.widgets`."""
