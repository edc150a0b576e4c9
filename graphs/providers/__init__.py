"""Model providers: the table of them, one adapter each, and the HTTP wire to their servers."""
