"""What starts runs by itself, and what is sent when they end: schedules and webhooks."""
