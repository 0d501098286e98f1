"""The interface for other programs: JSON over HTTP under `/api/v1`, for whoever has a token."""
