"""What must not be kept, and what must not leave: masking on the way in, the brand guard on the way out."""
