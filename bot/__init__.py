"""The conversation: what comes in, who speaks, what is said, what is remembered."""
