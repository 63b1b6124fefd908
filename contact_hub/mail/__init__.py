"""Mail with the world: mailboxes that are read, a door that takes mail, and everything that leaves."""
