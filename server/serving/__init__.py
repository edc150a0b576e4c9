"""The process that serves: its start, its workers and its connections."""
