"""Other libraries that run Whispers, on the same checkpoint and the same sound as Dictate."""
