"""Which tools a server has: the built-in ones and the Python functions of its operator."""
