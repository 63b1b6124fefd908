"""Who talks to whom: engine, hours, journal, measures. Pure, synchronous and deterministic: time and facts are arguments."""
