"""Orchestration: agents attached to an agentflow, made into the graph that its type says. One type a file.

`agents` has what a document says and costs little to import; `compose` makes the graph of it.
"""
