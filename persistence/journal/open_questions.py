"""The questions of a run: which it has asked, which were answered, and what was told of the answers."""

from collections.abc import Iterable

from graphs.conversation.messages import InputAnswer, InputRequest
from persistence.journal.question_rows import InputRow
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["RunQuestions"]


class RunQuestions:
    """The questions that a run has come to.

    Args:
        rows: Those that earlier processes have asked, as they stand.
        told: Ids of those whose answers were told.
    """

    def __init__(self, rows: Iterable[InputRow], told: Iterable[str]) -> None:
        self.given: dict[str, InputAnswer] = {}
        """Answers that the run was given which this one goes on from."""
        self.waits: dict[str, InputRequest] = {}
        """Those that have no answer yet."""
        self._rows = {row.id: row for row in rows}
        self._told = set(told)

    def __bool__(self) -> bool:
        """Say whether there are any in the database."""
        return bool(self._rows)

    def known(self, id: str) -> InputRow | None:
        """Return a question that was asked before."""
        return self._rows.get(id)

    def ask(self, id: str, run: ExecutionRow, request: InputRequest, node: str, path: str) -> InputRow:
        """Return the row of a new question."""
        row = self._rows[id] = InputRow(
            id=id,
            execution_id=run.id,
            workspace=run.workspace,
            node=node,
            path=path,
            request=request,
            requested_at=0.0,
            expires_at=None,
        )
        self.waits[id] = request
        return row

    def is_new(self, row: InputRow, request: InputRequest) -> bool:
        """Say whether a question has an answer that was not told yet, and note that it is now."""
        if row.answer is None:
            self.waits[row.id] = request
            return False
        if row.id in self._told:
            return False
        self._told.add(row.id)
        return True

    def answered(self) -> list[str]:
        """Return the ids of those that have an answer."""
        return [row.id for row in self._rows.values() if row.answer is not None]
