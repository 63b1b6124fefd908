"""Commands on conversations: one command, one transaction."""
