"""The model families, found by name through `models.table`."""
