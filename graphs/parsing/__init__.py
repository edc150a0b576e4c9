"""Reading text from outside: JSON, numbers, schemas, decoding, web addresses."""
