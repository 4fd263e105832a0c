"""Bybit v5's wire, pure: what its REST and WebSocket frames mean, and how ours are spelled.

Sources: https://bybit-exchange.github.io/docs/v5/intro and the pages below it; each module names its own.
"""
