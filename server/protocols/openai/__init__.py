"""OpenAI: models and chat completions, where a model is a chatflow."""
