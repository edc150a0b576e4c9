import httpx
from agenticrag_client import AgenticRAGClient

with httpx.Client(timeout=httpx.Timeout(30, connect=2), trust_env=False) as http:
    client = AgenticRAGClient(http_client=http)
    print(client.chatflows.chat("Say hello.").response)
