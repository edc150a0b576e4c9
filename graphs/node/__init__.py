"""What a node is: its contract, its context, its error policies, its use of tools."""

from graphs.old_paths import moved

__getattr__ = moved(__name__, ("Example", "Node", "NodeError", "Outcome", "View"))
