"""The revisions of the schema, one a file, numbered in their order."""
