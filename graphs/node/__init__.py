"""What a node is: its contract, its context, its error policies, its use of tools."""
