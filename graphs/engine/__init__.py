"""How a flow runs: compiled to LangGraph, joins, routing, time-outs, sub-graphs, node cache."""
