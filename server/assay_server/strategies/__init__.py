"""Generators: which configurations to try next."""
