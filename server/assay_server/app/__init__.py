"""What can be done: one act per module, each a function of a unit of work and a clock."""
