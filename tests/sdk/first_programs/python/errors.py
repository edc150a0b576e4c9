from agenticrag_client import AgenticRAGClient, NotFoundError

client = AgenticRAGClient()
try:
    client.agents.get("no-such-agent")
except NotFoundError as error:
    print(error.status_code, error.request_id)
