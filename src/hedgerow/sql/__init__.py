"""What history and the vault share: SQL engines, the threads they run on, and migrations at open.

Everything that differs between SQLite and other databases stands here, in `dialect.py` and `sqlite.py`.
"""
