"""The user's own words: vocabularies and exact replacements, read from files and learned."""
