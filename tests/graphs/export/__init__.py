"""Tests of flows that are exported as plain LangGraph."""
