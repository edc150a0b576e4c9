"""Orchestration types, one file each: how attached agents become a graph.

`agents` has what a document says and costs little to import; `compose` makes the graph of it.
"""
