from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
print(client.chatflows.chat("Say hello.").response)
