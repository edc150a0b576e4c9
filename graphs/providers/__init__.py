"""Model providers: the table of them, and one adapter each, from OpenAI and Ollama to a model of our own."""
