"""Hedgerow: a self-hosted trading desk for derivatives that is never wrong about an order."""

__version__ = "0.1.0"
