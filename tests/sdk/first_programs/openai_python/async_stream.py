import asyncio

from openai import AsyncOpenAI


async def main() -> None:
    async with AsyncOpenAI() as client:
        async for event in await client.responses.create(model="gpt-5", input="Say hello.", stream=True):
            if event.type == "response.output_text.delta":
                print(event.delta, end="", flush=True)


asyncio.run(main())
