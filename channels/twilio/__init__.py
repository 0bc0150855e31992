"""Twilio, and nowhere else: its words, signatures, errors and limits stop in this package."""
