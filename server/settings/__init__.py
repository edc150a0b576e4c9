"""The operator's settings: where they come from, rules between them, defaults, the data folder."""
