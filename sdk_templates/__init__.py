"""Reads an OpenAPI document and prints the Python and TypeScript SDKs; knows nothing else of the product."""
