"""Testing: a recorder in memory, models that answer from a script, and a driver for one run of a flow.

`graphs.testing.driver` imports LangGraph, so `run_flow` is to be imported from there.
"""

from graphs.testing.models import Script, ScriptedModels
from graphs.testing.recorder import MemoryRecorder

__all__ = ["MemoryRecorder", "Script", "ScriptedModels"]
