"""Faces and voices: what a customer sees of a brand, and how an agent speaks as it."""
