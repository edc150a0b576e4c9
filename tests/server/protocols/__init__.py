"""The doors for clients of others."""
