"""The command `assay`: each subcommand imports its part only when it is run."""
