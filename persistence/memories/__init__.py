"""Long-term memories of users and agents, across sessions: by namespace and key, for a time."""
