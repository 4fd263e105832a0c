"""An exchange of its own: a pure matching engine behind Bybit's wire protocol.

It shares no type with the rest of Hedgerow, so that two readings of one protocol cannot share one mistake.
"""
