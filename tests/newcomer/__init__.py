"""What a newcomer does in the first hour, and the mistakes made meanwhile."""
