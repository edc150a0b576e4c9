"""Flows and how they run, without HTTP or SQL."""

from graphs import old_paths

old_paths.install()
