"""What users store: flows, agents, sessions, conversations, files, embeds."""
