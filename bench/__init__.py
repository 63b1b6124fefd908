"""Measurements; the only code that may read `../shared`."""
