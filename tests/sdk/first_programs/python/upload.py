import sys
from pathlib import Path

from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
print(client.sessions.import_file(Path(sys.argv[1])).session_id)
