"""What Assay talks about: pure, frozen types and rules; the standard library only."""
