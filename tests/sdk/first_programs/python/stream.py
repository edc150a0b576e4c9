from agenticrag_client import AgenticRAGClient

client = AgenticRAGClient()
for text in client.chatflows.chat_stream("Say hello.").text_stream:
    print(text, end="", flush=True)
