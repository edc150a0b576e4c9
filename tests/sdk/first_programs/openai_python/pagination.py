from openai import OpenAI

client = OpenAI()
for file in client.files.list():
    client.files.delete(file.id)
print(len(client.files.list().data))
