"""How a process is watched from outside: alive, ready, and its meters in Prometheus's text. It knows no service."""
