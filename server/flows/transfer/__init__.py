"""Flows between servers: bundles that are read, checked, imported and exported, without their secrets."""
