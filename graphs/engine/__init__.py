"""How a flow runs: compiled to LangGraph, steps, joins, turns of loops, sub-graphs, the chat's answer."""
