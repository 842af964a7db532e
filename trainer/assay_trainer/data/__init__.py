"""Data sets with a fixed split and a fingerprint."""
