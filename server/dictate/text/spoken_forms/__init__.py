"""Spoken forms of code: formatters, symbols, numbers, letters, keywords and commands."""
