"""Migrations: how Alembic takes the schema from one revision to the next, each in one transaction."""
