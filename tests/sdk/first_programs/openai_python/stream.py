from openai import OpenAI

client = OpenAI()
for event in client.responses.create(model="gpt-5", input="Say hello.", stream=True):
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
