import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
print(client.files.create(file=Path(sys.argv[1]), purpose="user_data").id)
