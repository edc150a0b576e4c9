"""What nodes that ask models share: settings, prompts, choices, and the turns of an agent."""
