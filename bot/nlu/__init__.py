"""What a message means: the interpreter, and Rasa, which runs in an environment of its own."""
