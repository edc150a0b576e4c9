import os

from openai import OpenAI

client = OpenAI()
run = client.responses.create(model="gpt-5", input=os.environ["SLOW_TASK"], background=True)
client.responses.cancel(run.id)
print(client.responses.retrieve(run.id).status)
