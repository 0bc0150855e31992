"""The service beside Rasa as a whole bot and beside bare statements, on the same messages: ``make bench``."""
