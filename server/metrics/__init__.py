"""Prometheus metrics: counted from events, shown as text, JSON and a summary.

Three sources make them. The sums of the ledger and of ended runs (`persistence.spending.rollups`) are written
with what they count and are exact. What nodes, tools and models took is counted in each process from the
events that it has committed (`counting`), and added up over all processes
(`persistence.counters.process_metrics`). How the machine is, is read when it is asked for.
"""
