"""How a flow runs: compiled to LangGraph, its steps, when joins may run, loops, sub-graphs, answers."""
