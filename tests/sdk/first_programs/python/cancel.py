import os

from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
run = client.flows.execute(os.environ["SLOW_FLOW"])
client.executions.cancel(run.id)
print(client.executions.get(run.id).status)
