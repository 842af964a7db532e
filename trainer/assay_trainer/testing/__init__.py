"""Contract suites that whoever adds a model family subclasses."""
