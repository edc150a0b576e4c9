"""The stored flow that a request means: by id or slug, with the wanted version, label or draft."""
