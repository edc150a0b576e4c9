"""Python that exported projects bring along: read as text, and written out as far as a project needs it."""
