"""Hostile bytes against what the world can reach: ``make fuzz``."""
