"""Runs that are recorded, and replayed."""
