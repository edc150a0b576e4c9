"""Triggers: schedules that start runs at their times."""
