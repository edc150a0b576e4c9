"""How a flow runs: compiled to LangGraph, steps, joins, turns of loops, time-outs, sub-graphs, node cache."""
