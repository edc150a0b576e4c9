"""Triggers: schedules and incoming webhooks that start runs; what is sent when runs end or ask."""
