"""Clients of both protocols, and robots that play customers and agents through them."""

from contact_hub.robots.play import FOR_PEOPLE, play

__all__ = ["FOR_PEOPLE", "play"]
