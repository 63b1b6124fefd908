"""Routes, sockets and the three faces: everything that speaks HTTP."""
