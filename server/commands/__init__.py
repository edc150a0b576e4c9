"""The commands of `agenticrag`, one file for each group."""
