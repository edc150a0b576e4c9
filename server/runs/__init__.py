"""Accepting, driving, following, recovering, ending runs; renewing leases; noticing streams that are gone."""
