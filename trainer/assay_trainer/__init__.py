"""The Assay trainer: a worker that asks for a configuration, trains it and obeys."""
