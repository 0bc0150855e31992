"""Teaches the second reader; run by an environment of its own (``make reader``), never by the service."""
