import sys

from openai import OpenAI

client = OpenAI()
for event in client.responses.retrieve(sys.argv[1], stream=True, starting_after=int(sys.argv[2])):
    print(event.type)
