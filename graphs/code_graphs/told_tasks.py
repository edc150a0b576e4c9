"""Told tasks: the tasks of a code graph as nodes within the node that runs it, in events."""

import time
from collections import Counter
from typing import Any

from langgraph.errors import GraphBubbleUp
from msgspec import Struct

from graphs.code_graphs.shown_values import shown
from graphs.node.context import Context

__all__ = ["ToldTasks"]


class _Task(Struct):
    name: str
    context: Context
    began: float
    place: tuple[str, str]
    open: bool = True


class ToldTasks:
    """The tasks that one run of a graph has begun since it was last gone on with."""

    def __init__(self, context: Context, here: str) -> None:
        """Keep which node runs the graph, and the path that its tasks have."""
        self._outer = context
        self._here = here
        self._tasks: dict[str, _Task] = {}
        self._names: dict[str, str] = {}
        self._open: Counter[tuple[str, str]] = Counter()

    def begin(self) -> None:
        """Forget the tasks of before: those that run again ask again from their beginning."""
        self._tasks.clear()
        self._open.clear()

    def name_of(self, task_id: str) -> str:
        """Return the node of a task."""
        return self._names.get(task_id, self._outer.node)

    def context(self, checkpoint_ns: str) -> Context:
        """Return the context of a task by LangGraph's name of it: ``<node>:<task>|<node>:<task>``."""
        around, name, task_id = _read(checkpoint_ns.split("|"))
        return self._task(around, name, task_id).context

    def told(self, within: tuple[str, ...], part: dict[str, Any]) -> None:
        """Tell that a task begins or ends; `within` names the tasks around it."""
        around, name, _ = _read([*within, f"{part['name']}:{part['id']}"])
        if name.startswith("__"):
            return
        task = self._task(around, name, part["id"], part)
        if "input" in part or not task.open or part.get("interrupts"):
            return
        self._end(task)
        facts: dict[str, Any] = {"node_type": "code", "label": name, "duration_ms": _since(task.began)}
        if part.get("error"):
            task.context.emit("node.failed", **facts, error=str(part["error"]))
        else:
            task.context.emit("node.completed", **facts, output=shown(part.get("result")))

    def broken(self, error: BaseException) -> None:
        """Tell of the tasks under way that the graph is broken off."""
        if isinstance(error, GraphBubbleUp):
            return
        for task in [one for one in self._tasks.values() if one.open]:
            self._end(task)
            told = f"{type(error).__name__}: {error}".rstrip(": ")
            task.context.emit(
                "node.failed", node_type="code", label=task.name, error=told, duration_ms=_since(task.began)
            )

    def _task(self, around: list[str], name: str, task_id: str, part: dict[str, Any] | None = None) -> _Task:
        if (known := self._tasks.get(task_id)) is not None:
            return known
        place = ("/".join(around), name)
        self._open[place] += 1
        same = self._open[place]
        here = self._here if same == 1 else f"{self._here}[{same}]"
        context = self._outer.inner(name, task_id, path="/".join([here, *around]))
        task = self._tasks[task_id] = _Task(name, context, time.perf_counter(), place)
        self._names[task_id] = name
        context.emit("node.started", node_type="code", label=name, input=shown((part or {}).get("input")))
        return task

    def _end(self, task: _Task) -> None:
        task.open = False
        self._open[task.place] -= 1


def _read(names: list[str]) -> tuple[list[str], str, str]:
    """Return the nodes around a task, its own, and its id."""
    pairs = [one.rpartition(":") for one in names if ":" in one]
    return [name for name, _, _ in pairs[:-1]], pairs[-1][0], pairs[-1][2]


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
