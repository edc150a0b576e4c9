import sys

from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
for event in client.executions.stream(sys.argv[1], after=sys.argv[2]):
    print(event.type)
