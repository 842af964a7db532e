"""The truth: rows in SQLite or PostgreSQL, and the writer that commits them in groups."""
