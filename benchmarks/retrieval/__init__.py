"""Quality of retrieval: labelled questions over this product's own docs."""
