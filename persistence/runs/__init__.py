"""What a run writes: acceptance, claims and leases, journal, recorder, questions to people."""
