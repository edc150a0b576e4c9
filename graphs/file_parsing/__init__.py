"""Text of documents: each is parsed in a child process with limits of memory, time and output."""
