"""Finding passages again: words, vectors, filters and ranking over an index in memory, without a database."""
