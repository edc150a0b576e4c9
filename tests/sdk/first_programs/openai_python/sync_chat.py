from openai import OpenAI

client = OpenAI()
print(client.responses.create(model="gpt-5", input="Say hello.").output_text)
