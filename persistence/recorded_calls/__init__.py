"""Recorded calls: results of model and tool calls and of nodes, each kept, booked and reused once."""
