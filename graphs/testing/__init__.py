"""For tests: a recorder in memory, models that answer from a script, a driver for one run.

`graphs.testing.driver` imports LangGraph, so `run_flow` is to be imported from there.
"""

from graphs.testing.models import Script, ScriptedModels
from graphs.testing.recorder import MemoryRecorder

__all__ = ["MemoryRecorder", "Script", "ScriptedModels"]
