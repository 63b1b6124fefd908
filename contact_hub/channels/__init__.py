"""The ways customers reach us; each channel turns its own speech into the same commands."""
