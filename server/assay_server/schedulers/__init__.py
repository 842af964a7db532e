"""Schedulers: for how long a configuration is trained."""
