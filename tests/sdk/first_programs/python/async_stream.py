import asyncio

from agenticrag_client import AsyncAgenticRAGClient


async def main() -> None:
    async with AsyncAgenticRAGClient() as client:
        async for text in client.chatflows.chat_stream("Say hello.").text_stream:
            print(text, end="", flush=True)


asyncio.run(main())
