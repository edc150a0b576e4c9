"""What is known of a flow before it runs: findings, data flow, plan, pinned versions."""
