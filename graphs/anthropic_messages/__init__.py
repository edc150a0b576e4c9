"""Anthropic's Messages API: what a request says, and the events of an answer."""
