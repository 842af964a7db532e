"""Generated from proto/assay/v1: do not edit, run `make gen`."""
