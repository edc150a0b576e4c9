"""Flow documents of the API: references, checks, plans, templates, what the editor asks for."""
