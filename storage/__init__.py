"""PostgreSQL, and the only place that knows SQL."""
