"""What lists and statistics read: executions, durations, costs, totals."""
