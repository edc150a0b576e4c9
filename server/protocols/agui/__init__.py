"""AG-UI: chatflows as agents of front ends, by its versions 1.0 and 0.0."""
