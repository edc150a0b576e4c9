from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
for agent in client.agents.iterate():
    client.agents.delete(agent.id)
print(client.agents.list().total)
