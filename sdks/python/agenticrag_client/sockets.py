"""Chats over WebSockets: messages one way, frames the other, and no frame lost by a cut."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Iterator, Dict, Mapping, Optional
from urllib.parse import urlencode

from .attempts import log
from .config import TIMEOUT, APIConfig, Secret
from .errors import AgenticRAGError, StreamBrokenError
from .requests import Id, checked_header, segment
from .retries import pause
from .socket_errors import may_come_back, quiet_log, socket_error
from .version import USER_AGENT

__all__ = ["ChatSocket", "Sockets"]

_ENDS = ("response", "message", "error")
"""Types of the frames after which a run sends nothing more."""


class Sockets:
    """The chats that there are: with a stored chatflow, and with a model."""

    def __init__(self, config: APIConfig) -> None:
        self._config = config

    def chat(self, workflow_id: Id, *, session_id: Optional[Id] = None) -> ChatSocket:
        """Connect to a stored chatflow.

        Args:
            workflow_id: The chatflow that answers.
            session_id: The session to go on with, or a name for a new one.
        """
        path = f"/api/agent-builder/chat/{segment(workflow_id, 'workflow_id')}/ws"
        socket = ChatSocket(self._config, path, session_id, "message")
        socket.connect()
        return socket

    def agent_chat(self, *, session_id: Optional[Id] = None) -> ChatSocket:
        """Connect to a model, as the `config` of each message says."""
        socket = ChatSocket(self._config, "/api/agent-builder/ai-agent-chat/ws", session_id, "content")
        socket.connect()
        return socket


class ChatSocket:
    """One chat. Its frames are plain JSON, as `docs/websockets.md` of the server has them.

    A connection that is cut is made anew, and the run that was under way goes on after its last frame.
    """

    def __init__(self, config: APIConfig, path: str, session_id: Optional[Id], text: str) -> None:
        self.session_id = str(session_id or "")
        """The session, once it is connected."""
        self.execution_id = ""
        """The run that sent the last frame."""
        self.seq = 0
        """The number of that frame."""
        self.reconnects = 0
        self._config = config
        self._path = path
        self._text = text
        self._under_way = self._left = False
        self._socket: Any = None
        self._waiting: Dict[str, Any] = {}

    def connect(self) -> None:
        """Connect; raises what stands in the way."""
        try:
            from websockets.sync.client import connect
        except ImportError as error:
            raise AgenticRAGError(
                "WebSockets need the package 'websockets', 13 or later: pip install 'agenticrag-client[websockets]'."
            ) from error
        query = "?" + urlencode({"session_id": self.session_id}) if self.session_id else ""
        address = "ws" + self._config.base_url[len("http") :] + self._path + query
        headers = {name: Secret(checked_header(name, value)) for name, value in self._config.default_headers.items()}
        if self._config.api_key:
            headers["Authorization"] = Secret(f"Bearer {self._config.api_key}")
        try:
            opening = connect(
                address,
                additional_headers=headers,
                user_agent_header=USER_AGENT,
                open_timeout=TIMEOUT,
                max_size=None,
                logger=quiet_log,
            )
            self._socket = opening.__enter__()
            frame: Dict[str, Any] = json.loads(self._socket.recv())
        except Exception as error:
            raise socket_error(error, self._config.base_url) from None
        # `session_id` is in the frame, or in its metadata.
        more: Dict[str, Any] = frame.get("metadata") or {}
        self.session_id = str(frame.get("session_id") or more.get("session_id") or self.session_id)

    def send(self, message: str, **more: Any) -> None:
        """Say something; `more` is what else a message may have: `files`, `metadata`, `config`.

        It carries an idempotency key, so that a message whose connection broke is said once.
        """
        kind = {"type": "message"} if self._text == "content" else {}
        said = {**kind, self._text: message, "idempotency_key": str(uuid.uuid4()), **more}
        self._waiting, self._under_way, self.execution_id, self.seq = said, True, "", 0
        self.command(said)

    def command(self, frame: Mapping[str, Any]) -> None:
        """Send a frame of any kind: `ping`, `history`, `clear`, `resume`."""
        text = json.dumps(frame)
        try:
            self._socket.send(text)
        except Exception as error:
            self._return(error)

    def cancel(self) -> None:
        """End what this socket has under way."""
        self.command({"type": "cancel"})

    def receive(self) -> Dict[str, Any]:
        """Return the next frame, connecting anew where the connection was cut."""
        failures = 0
        while True:
            try:
                frame: Dict[str, Any] = json.loads(self._socket.recv())
            except Exception as error:
                failures += 1
                self._return(error, failures)
                continue
            if frame.get("execution_id"):
                self.execution_id = frame["execution_id"]
                self.seq = frame.get("seq") or self.seq
            if frame.get("type") in _ENDS:
                self._under_way = False
            return frame

    def answer(self) -> Iterator[Dict[str, Any]]:
        """Go through the frames of the answer that is under way, to its last."""
        while self._under_way:
            try:
                frame = self.receive()
            except AgenticRAGError:
                if self._left:
                    return
                raise
            yield frame

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        """Go through the frames of the answer that is under way, to its last."""
        return self.answer()

    def _return(self, error: BaseException, failures: int = 1) -> None:
        """Connect anew and go on with the run that was under way, or say again what may not have arrived."""
        limit = self._config.reconnects(None)
        if not may_come_back(error):
            raise socket_error(error, self._config.base_url) from None
        while True:
            if failures > limit:
                raise StreamBrokenError(f"The chat could not go on: {error}", f"{self.execution_id}:{self.seq}")
            log.warning("The chat broke, again soon: %s", error)
            time.sleep(pause(failures))
            self.reconnects += 1
            try:
                self.connect()
                if self._under_way:
                    goes_on = {"type": "resume", "execution_id": self.execution_id, "after": self.seq}
                    self._socket.send(json.dumps(goes_on if self.execution_id else self._waiting))
                return
            except AgenticRAGError as failed:
                if not may_come_back(failed.__context__):
                    raise
                failures += 1

    def close(self) -> None:
        """Leave the chat, from any thread: who reads it finds its end. A run that is under way goes on."""
        self._left = True
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> ChatSocket:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it."""
        self.close()
