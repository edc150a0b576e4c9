import os

from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
run = client.executions.wait(client.flows.execute(os.environ["ASKING_FLOW"]).id)
for question in client.executions.list_inputs(run.id).inputs:
    client.executions.respond(run.id, "approve", input_id=question.id)
print(client.executions.wait(run.id).status)
