"""order_manager: takes orders, sends each once, and shows people what became of them.

It meets the order_resolver only in the journal, history and the caches.
"""
