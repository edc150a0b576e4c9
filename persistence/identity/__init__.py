"""Rows of those who call: users, workspaces, API keys, comparison of their hashes, logins, credentials, audit."""
