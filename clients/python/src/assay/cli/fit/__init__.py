"""`assay fit`: from data to a finished model, on a server and workers of its own."""
