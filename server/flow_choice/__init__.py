"""The flow that a request means: a stored one by id or slug, with its version; or one of their own."""
