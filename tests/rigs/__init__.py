"""Real parts to test against: a microphone, voices."""
