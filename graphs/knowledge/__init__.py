"""Knowledge: splitting texts into passages and finding passages again, without a database or a network."""
