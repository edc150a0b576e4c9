"""What is wrong with a flow, found before it runs: one kind of finding a file, all of them in check."""
