"""The trainer: asks an Assay server for a configuration, trains it, reports and obeys."""
