"""OpenAPI documents: read within limits, and their operations as tools."""
