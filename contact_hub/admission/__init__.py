"""Who may bring how much: limits where work enters, so that a flood meets its own bound and nobody else does."""
