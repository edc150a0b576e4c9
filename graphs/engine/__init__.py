"""How a flow runs: compiled to LangGraph, steps, joins, routing, time-outs, sub-graphs, node cache."""
