"""Pages of `docs/` that are written from the code: settings, commands, examples, orchestration types."""
