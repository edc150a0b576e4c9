"""The web console and the chat widget: files that browsers get as they are."""
