"""Alembic's migrations of history."""
