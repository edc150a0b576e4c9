"""Protocols of others: doors for clients that people have already, each with its own error shape."""
