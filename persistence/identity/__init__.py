"""Rows of those who call: users, workspaces, API keys by their hashes, logins, credentials, the audit log."""
