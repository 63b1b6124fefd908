"""Clients of both protocols, and robots that play customers and agents through them."""
