"""Spoken words to the exact symbol: by spoken key, by compact form, by sound."""
