"""The commands of `agenticrag`, one file a group; `server.cli` imports the one that was asked for."""
