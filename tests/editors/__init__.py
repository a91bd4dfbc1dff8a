"""Editors without a plugin of ours, really driven, with the configuration that the manual has."""
