"""The gate between rows and domain: rows are dumb, the frozen domain types are what everyone else sees."""
