"""Recorded runs, walked again: what a node saw, which results another run keeps, and replays."""
