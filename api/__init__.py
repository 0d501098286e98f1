"""The HTTP routes beside the dashboard: sign-in, audio and health, and the guard that stands before everything."""
