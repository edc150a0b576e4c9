"""Chat with a stored chatflow over a WebSocket, and miss nothing when the line is cut.

pip install websockets
AGENTICRAG_API_KEY=ar_… python examples/websocket_chat.py FLOW_ID "Hello!"
"""

import asyncio
import json
import os
import sys
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

SERVER = os.environ.get("AGENTICRAG_BASE_URL", "http://127.0.0.1:8000").replace("http", "ws", 1)
FINAL = {1003, 1009, 4401, 4403, 4404, 4409, 4422}
"""Close codes after which it is of no use to come back with the same request."""


async def chat(flow: str, message: str) -> str:
    """Print an answer as it comes, and return the whole of it."""
    address = f"{SERVER}/api/agent-builder/chat/{flow}/ws"
    headers = {"Authorization": f"Bearer {os.environ.get('AGENTICRAG_API_KEY', '')}"}
    key, execution, after = str(uuid.uuid4()), "", 0
    while True:
        try:
            async with connect(address, additional_headers=headers) as socket:
                # A run that began goes on without us: come back to it, and never ask twice.
                if execution:
                    said = {"type": "resume", "execution_id": execution, "after": after}
                else:
                    said = {"message": message, "idempotency_key": key}
                await socket.send(json.dumps(said))
                async for text in socket:
                    frame = json.loads(text)
                    execution, after = frame.get("execution_id", execution), frame.get("seq", after)
                    match frame["type"]:
                        case "chunk":
                            print(frame["content"], end="", flush=True)
                        case "reset":
                            print("\n(The model is asked again.)")
                        case "response":
                            print()
                            return frame["response"]
                        case "error":
                            raise SystemExit(f"\n{frame['error']}")
                        case _:
                            pass
        except (ConnectionClosed, OSError) as gone:
            code = gone.rcvd.code if isinstance(gone, ConnectionClosed) and gone.rcvd else 0
            if code in FINAL:
                raise SystemExit(f"\nThe server ended this: {gone}") from gone
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(chat(sys.argv[1], sys.argv[2]))
