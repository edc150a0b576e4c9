"""What a run writes and how it is claimed: executions, journal, recorder, questions to people."""
