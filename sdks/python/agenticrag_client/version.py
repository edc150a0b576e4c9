"""Which version this is."""

__all__ = ["USER_AGENT", "__version__"]

__version__ = "0.1.0"
USER_AGENT = f"agenticrag-client-python/{__version__}"
