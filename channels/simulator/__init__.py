"""A phone in the browser, for demonstration and training, through the same door; never in production."""
