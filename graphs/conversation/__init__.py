"""Messages, questions to people and their answers, files and citations of a conversation, as plain values."""
