"""How a flow runs: compiled to LangGraph, step by step, with time-outs, sub-graphs and recovery."""
