"""Sound from microphones and files: 16 kHz, mono, int16 everywhere behind this package."""
