"""The flows as drawings on letter paper, for a psychologist and a lawyer to sign. Pure."""
