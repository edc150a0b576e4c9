"""`agenticrag webhooks`: list, create, pause, resume, rotate and delete the webhooks of a running server."""

from typing import Any, Literal

from cyclopts import App

from server.commands.api_client import Key, Url, api_client, asked, every, id_of
from server.terminal import json_object, print_json, print_progress, print_table

__all__ = ["webhooks"]

webhooks = App(name="webhooks", help="List and change webhooks, at whose URLs other services start flows.")


@webhooks.command(name="list")
def show(
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """List the webhooks with their URLs.

    Parameters
    ----------
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"webhooks": […]}` as the API gives it.
    """
    with api_client(url, key) as client:
        found = every(client, "/webhooks", "webhooks")
    if json:
        print_json({"webhooks": found})
        return
    shown = [
        (
            one["name"],
            one["style"],
            one["answer"],
            (one["stopped"] and "stopped") or ("on" if one["enabled"] else "paused"),
            one["url"],
            one["id"],
        )
        for one in found
    ]
    print_table(("NAME", "STYLE", "ANSWER", "STATE", "URL", "ID"), shown)


@webhooks.command
def create(
    flow: str,
    /,
    *,
    style: Literal["token", "hmac", "github", "slack", "standard"] = "hmac",
    name: str = "",
    secret: str = "",
    header: str = "",
    delivery_header: str = "",
    answer: Literal["async", "sync", "stream"] = "async",
    input: str = "",
    version: str = "",
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Create a webhook and print its URL and secret. Its runs have the rights of the API key.

    Parameters
    ----------
    flow
        ID of the flow.
    style
        How calls prove the secret.
    name
        Name of the webhook. Default: the flow's.
    secret
        The secret, if the other service has made it. Default: the server makes one.
    header
        Header of the token or signature.
    delivery_header
        Header that names a delivery. A second call with the same name starts no run.
    answer
        What a call gets: 202 at once, the answer of the run, or its events.
    input
        JSON object: the input of each run. Texts are templates. Default: the query and the body.
    version
        Version to run: a number or a label. Default: the current one.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the webhook as the API gives it.
    """
    given = json_object("--input", input) if input else None
    body = {
        "flow_id": flow,
        "style": style,
        "name": name,
        "secret": secret or None,
        "header": header,
        "delivery_header": delivery_header,
        "answer": answer,
        "input": given,
        "version": version,
    }
    with api_client(url, key) as client:
        made = asked(client, "POST", "/webhooks", json=body)
    _tell(made, "is created", json=json)


@webhooks.command
def pause(
    webhook: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Pause a webhook. Its calls are rejected.

    Parameters
    ----------
    webhook
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the webhook as the API gives it.
    """
    _switch(webhook, "is paused", enabled=False, url=url, key=key, json=json)


@webhooks.command
def resume(
    webhook: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Resume a paused webhook. Its runs have the rights of the API key from now on.

    Parameters
    ----------
    webhook
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the webhook as the API gives it.
    """
    _switch(webhook, "is resumed", enabled=True, url=url, key=key, json=json)


@webhooks.command
def rotate(
    webhook: str,
    /,
    *,
    keep_hours: float = 24,
    secret: str = "",
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Replace the secret of a webhook and print the new one.

    Parameters
    ----------
    webhook
        Its name or ID.
    keep_hours
        Hours that the old secret stays valid.
    secret
        The new secret. Default: the server makes one.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the webhook as the API gives it.
    """
    with api_client(url, key) as client:
        path = f"/webhooks/{_id(client, webhook)}/rotate"
        body = {"keep_hours": keep_hours, "secret": secret or None}
        changed = asked(client, "POST", path, json=body)
    _tell(changed, "has a new secret", json=json)


@webhooks.command
def calls(
    webhook: str,
    /,
    *,
    limit: int = 20,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """List the last calls of a webhook, and why calls were rejected.

    Parameters
    ----------
    webhook
        Its name or ID.
    limit
        How many, at most 100.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"calls": […]}` as the API gives it.
    """
    with api_client(url, key) as client:
        page = asked(client, "GET", f"/webhooks/{_id(client, webhook)}/calls", params={"limit": limit})
    if json:
        print_json(page)
        return
    shown = [
        (one["at"], one["outcome"], str(one["status"]), one["delivery"], one["execution_id"] or one["detail"])
        for one in page["calls"]
    ]
    print_table(("AT", "OUTCOME", "STATUS", "DELIVERY", "RUN OR REASON"), shown)


@webhooks.command
def delete(
    webhook: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
) -> None:
    """Delete a webhook. Its runs stay.

    Parameters
    ----------
    webhook
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    """
    with api_client(url, key) as client:
        print_progress(asked(client, "DELETE", f"/webhooks/{_id(client, webhook)}")["message"])


def _switch(webhook: str, what: str, *, enabled: bool, url: str, key: str, json: bool) -> None:
    with api_client(url, key) as client:
        path = f"/webhooks/{_id(client, webhook)}"
        changed = asked(client, "PUT", path, json={"enabled": enabled})
    _tell(changed, what, json=json)


def _tell(webhook: Any, what: str, *, json: bool) -> None:
    if json:
        print_json(webhook)
        return
    print_progress(f"The webhook '{webhook['name']}' ({webhook['id']}) {what}.")
    if webhook.get("secret"):
        print_progress("The secret is shown only now:")
        print_table(("URL", "SECRET"), [(webhook["url"], webhook["secret"])])
        if webhook["old_secret_until"]:
            print_progress(f"The old secret is valid until {webhook['old_secret_until']}.")


def _id(client: Any, named: str) -> str:
    return id_of(client, "/webhooks", "webhooks", named, what="webhook")
