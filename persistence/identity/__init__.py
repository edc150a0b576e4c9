"""Rows of those who call: users, workspaces, API keys and their hashes, logins, credentials, audit."""
