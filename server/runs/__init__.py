"""Accepting, driving, following, recovering and ending runs."""
