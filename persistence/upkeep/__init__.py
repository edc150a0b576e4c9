"""What keeps a database small and safe: retention, backup, consistency."""
