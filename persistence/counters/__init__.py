"""Numbers that all processes add up together: measurements and request rates."""
