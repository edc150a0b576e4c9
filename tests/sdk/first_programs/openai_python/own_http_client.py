import httpx2
from openai import OpenAI

with httpx2.Client(timeout=httpx2.Timeout(30, connect=2), trust_env=False) as http:
    client = OpenAI(http_client=http)
    print(client.responses.create(model="gpt-5", input="Say hello.").output_text)
