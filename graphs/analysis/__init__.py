"""What is worked out from a flow: its plan, pinned versions, speakers, and the flow that a chatflow means."""
