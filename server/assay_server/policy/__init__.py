"""The policy host: child processes in which the generators run, away from the front."""
