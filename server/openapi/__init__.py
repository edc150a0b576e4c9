"""APIs of workspaces: read from OpenAPI documents, their operations chosen and pinned for runs."""
