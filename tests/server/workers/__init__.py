"""What servers and workers say to each other."""
