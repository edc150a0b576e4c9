"""Knowledge bases at work: documents read in step by step, indexes in memory, and the search over them."""
