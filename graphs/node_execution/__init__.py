"""How one node runs: attempts, time-outs, cache, what it asks of models, tools, knowledge and people."""
