"""OAuth 2.0: the operator's clients, and the authorizations that make credentials of workspaces."""
