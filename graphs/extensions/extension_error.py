"""What is raised for an extension that cannot be used; importing it imports no extension."""

__all__ = ["ExtensionError"]


class ExtensionError(Exception):
    """An extension cannot be used; the message names it and the reason."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"The extension {source} cannot be used. {reason} Correct it, or remove it.")
        self.source = source
        """The file, or the entry point and its package."""
        self.reason = reason
