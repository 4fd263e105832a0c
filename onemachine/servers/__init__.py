"""The engines that the distributed deployment stands on, started for real: Kafka, Redis, PostgreSQL, nginx.

Each module starts one server from what the machine has (Debian's packages, Maven's jars), on a free port of loopback,
in a folder of its own, and says why where it cannot.
"""
