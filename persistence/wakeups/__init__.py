"""Wake-ups: how a process learns that another one has written events of a run."""
