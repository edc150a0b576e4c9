"""The settings by area: one class of values a file, with types, bounds and defaults."""
