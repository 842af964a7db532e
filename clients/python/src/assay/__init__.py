"""Ask Assay which training run to try next, and tell it how the run went."""
