"""What can be trained, found by name through `tasks.table`."""
