"""What every request passes: its host, body, parameters and id; problems; secrets kept out of logs."""
