from openai import NotFoundError, OpenAI

client = OpenAI()
try:
    client.files.retrieve("no-such-file")
except NotFoundError as error:
    print(error.status_code, error.request_id)
