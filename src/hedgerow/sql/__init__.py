"""What history and the vault share: SQL engines, the threads they run on, statements, and migrations at open.

Everything that differs between SQLite and PostgreSQL stands here: in `sqlite.py`, `postgresql.py`, `lookup.py` and
`statements.py`.
"""
