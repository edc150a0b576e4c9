"""Knowledge bases in the database: documents, passages and blocks of the index, shown and hidden at once."""
