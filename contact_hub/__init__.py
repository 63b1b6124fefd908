"""Contact Hub: the world around the engine – HTTP, sockets, rows, pokes and the command line.

Only the standard library is imported here, so that `python3 -m contact_hub` can start on a bare machine.
"""

__version__ = "0.1.0"
