"""Views: what the API shows of stored runs, answers, logs, sessions and knowledge bases, as plain values."""
