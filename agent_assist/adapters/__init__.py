"""The outside world: each module wraps exactly one outside library behind a port of the core."""
