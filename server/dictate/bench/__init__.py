"""Benchmarks and the demonstration, all through the real server and engine."""
