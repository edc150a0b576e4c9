"""How often something may be asked for: rate limits, and where they are counted."""
