"""Contract suites, fakes and builders, shipped for those who extend Assay."""
