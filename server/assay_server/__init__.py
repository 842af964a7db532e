"""The Assay server: studies, trials and leases behind gRPC."""
