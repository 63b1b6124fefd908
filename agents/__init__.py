"""People at work, and the protocol of their console. Pure."""
