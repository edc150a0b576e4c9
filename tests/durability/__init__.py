"""Real processes, killed for real: what the server promises about crashes."""
