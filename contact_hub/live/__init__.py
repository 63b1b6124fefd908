"""The engine in real time: who owns a floor, what its decisions become, and who hears of it."""
