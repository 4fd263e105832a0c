"""The command line: a client of the desk's API for people and scripts, and what starts a desk."""
