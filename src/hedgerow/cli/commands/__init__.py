"""The commands, a module for each family; each adds its own to the app."""
