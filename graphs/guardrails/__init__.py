"""Guardrails: what may not come in or go out, found and masked in text."""
