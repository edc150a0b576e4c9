"""JsonPosts: one JSON document by POST to a model server, whole, over kept connections."""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response, from_status
from graphs.outbound.egress import Egress
from graphs.parsing.base_urls import origin_of
from graphs.providers.openai import open_client
from graphs.providers.settings import ModelSettings
from graphs.transport.body_decoding import BodyDecoder

__all__ = ["JsonPosts"]


class JsonPosts:
    """Posts JSON to model servers over kept connections."""

    def __init__(self, settings: ModelSettings, egress: Egress, name: str) -> None:
        self._settings = settings
        self._egress = egress
        self.name = name
        self._clients: dict[str, httpx2.AsyncClient] = {}

    async def post(self, path: str, body: Mapping[str, Any], address: Address, idempotency_key: str) -> bytes:
        """Return the body of an answer with a status of success.

        Raises:
            ModelError: the status is another, or the answer too long.
        """
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if address.api_key:
            azure = address.profile == "azure" or ".openai.azure.com" in address.base_url
            headers |= (
                {"api-key": address.api_key} if azure else {"authorization": f"Bearer {address.api_key}"}
            )
        headers |= {name.lower(): value for name, value in address.headers}
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        base, question, query = address.base_url.partition("?")
        url = f"{base.rstrip('/')}{path}{question}{query}"
        content = msgspec.json.encode(body)
        most = self._settings.max_answer_bytes
        async with self._client(address).stream("POST", url, content=content, headers=headers) as response:
            answer = bytearray()
            told = response.headers
            decoder = BodyDecoder(
                self.name,
                most,
                encoding=told.get("content-encoding", ""),
                content_type=told.get("content-type", ""),
            )
            async for part in response.aiter_raw():
                answer += decoder.feed(part)
                if len(answer) > most:
                    raise bad_response(self.name, f"more than the {most:,} bytes of max_answer_bytes")
            answer += decoder.end()
            if not 200 <= response.status_code < 300:
                raise from_status(self.name, response.status_code, response.headers, bytes(answer))
            return bytes(answer)

    def _client(self, address: Address) -> httpx2.AsyncClient:
        kept = f"{address.named} {origin_of(address.base_url.partition('?')[0])}"
        if (client := self._clients.get(kept)) is None:
            client = self._clients[kept] = open_client(self._settings, address, self._egress)
        return client

    async def close(self) -> None:
        """Close the connections."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()
