"""Where the truth is kept: rows in a database, group commit, and the gate between rows and domain."""
