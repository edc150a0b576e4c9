"""A flow as a value: nodes, edges, containers, regions and topology, read from its document."""
