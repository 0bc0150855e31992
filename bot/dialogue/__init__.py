"""The dialogue: a pure function from what was said to what is said next."""
