"""Pages that are generated from the code: the OpenAPI document and the reference."""
