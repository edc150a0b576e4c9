import os

from openai import OpenAI
from openai.types.responses.tool_param import Mcp

client = OpenAI()
tool: Mcp = {
    "type": "mcp",
    "server_label": "mail",
    "server_url": os.environ["MAIL"],
    "require_approval": "always",
}
run = client.responses.create(model="gpt-5", input="Send the letter.", tools=[tool])
for item in run.output:
    if item.type == "mcp_approval_request":
        run = client.responses.create(
            model="gpt-5",
            previous_response_id=run.id,
            input=[{"type": "mcp_approval_response", "approval_request_id": item.id, "approve": True}],
            tools=[tool],
        )
print(run.status)
