"""The HTTP side: metrics and, later, the console and the JSON API."""
