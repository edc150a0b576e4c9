"""Projections: what an execution looks like on the wire, each a pure function of its journal."""
