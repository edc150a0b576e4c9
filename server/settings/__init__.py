"""The operator's settings: values, sources, defaults, the data folder."""
