"""What a run writes while it goes: the claim on its row, its events in order, recorded calls, its ending."""
