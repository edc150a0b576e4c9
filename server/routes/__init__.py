"""The endpoints: one controller for each resource."""
