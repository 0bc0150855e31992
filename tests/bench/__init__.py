"""Benchmarks: commands that measure a real service and write what they saw into ``docs/benchmarks.md``."""
