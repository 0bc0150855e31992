"""Sets a fresh machine up, with the standard library alone: ``python3 -m setup service rasa``."""
