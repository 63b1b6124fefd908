"""Chat over the widget socket: its frames and what they mean."""
