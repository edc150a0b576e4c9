"""Who calls: users, workspaces, keys, logins, credentials, and the audit log."""
