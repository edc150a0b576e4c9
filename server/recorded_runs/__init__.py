"""What is done from a recorded run: its state read, the run continued or forked, one of its nodes run."""
