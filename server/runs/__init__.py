"""Accepting, driving, following, recovering, ending runs; renewing leases; noticing dropped streams."""
