"""Measurements as ratios in one run: never timed tests. `make bench` runs them all."""
