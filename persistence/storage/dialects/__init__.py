"""What SQLite and PostgreSQL do differently: connections, locks, upserts, searches in text."""
