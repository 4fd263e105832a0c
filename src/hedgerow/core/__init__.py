"""What Hedgerow knows about orders, fills and positions: pure and synchronous.

No I/O, no asyncio, no clock, no chance and no float in here: time, ids and chance arrive as arguments.
"""
