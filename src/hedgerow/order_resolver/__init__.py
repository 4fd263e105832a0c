"""order_resolver: follows every order to its final state, and talks to nobody but the exchanges.

It meets the order_manager only in the journal, history and the caches.
"""
