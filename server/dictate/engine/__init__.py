"""The engine: the process that keeps the models warm, and the clients that talk to it."""
