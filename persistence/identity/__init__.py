"""Rows of those who call: users, workspaces, API keys and the comparison of their hashes, logins, audit."""
