"""The distributed deployment on one machine, without containers: for people to try, for tests and for benchmarks."""
