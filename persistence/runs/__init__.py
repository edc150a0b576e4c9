"""Rows of runs: accepting one, its lease, open runs, resuming one, questions to people and their answers."""
