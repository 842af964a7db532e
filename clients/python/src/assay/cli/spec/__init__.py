"""Studies as YAML: read strictly, complained about all at once, turned into the wire's specification."""
