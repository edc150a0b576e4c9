"""Everything that is stored: rows, checkpoints, journal. SQL, without HTTP."""
