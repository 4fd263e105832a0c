"""Puts the desk together: the only package that chooses adapters.

`embedded` is one process on SQLite; `distributed` is order_managers and order_resolvers on Kafka, Redis and PostgreSQL.
`services` is what both share: which ports a service gets. `starting` is how any process of ours begins and ends.
"""
