"""What a model provider is: its interface, errors and their classes, waits before a retry, token counts."""
