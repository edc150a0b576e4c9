"""Flows and how they run, without HTTP or SQL."""

from graphs import deprecated_imports

deprecated_imports.install()
