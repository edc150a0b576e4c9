"""The one way out: every request that a flow can influence, with its rules and its credentials."""
