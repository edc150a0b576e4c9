"""`agenticrag webhook-targets`: where a running server sends that runs end or ask, and its deliveries."""

from typing import Any, Literal

from cyclopts import App

from server.commands.api_client import Key, Url, api_client, asked, every, id_of
from server.terminal import json_object, print_json, print_progress, print_table

__all__ = ["webhook_targets"]

webhook_targets = App(
    name="webhook-targets", help="List and change webhook targets, which are sent that runs end or ask."
)
Event = Literal["run.completed", "run.failed", "run.cancelled", "input.requested"]


@webhook_targets.command(name="list")
def show(
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """List the webhook targets with how their deliveries stand.

    Parameters
    ----------
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"targets": […]}` as the API gives it.
    """
    with api_client(url, key) as client:
        found = every(client, "/webhook-targets", "targets")
    if json:
        print_json({"targets": found})
        return
    shown = [
        (
            one["name"],
            one["url"] or f"mail to {one['mail']['to']}",
            (one["stopped"] and "stopped") or ("on" if one["enabled"] else "paused"),
            str(one["waiting"]),
            str(one["dead"]),
            one["id"],
        )
        for one in found
    ]
    print_table(("NAME", "TO", "STATE", "WAITING", "DEAD", "ID"), shown)


@webhook_targets.command
def create(
    receiver: str = "",
    /,
    *,
    flow: str = "",
    event: list[Event] | None = None,
    with_output: bool = False,
    name: str = "",
    mail: str = "",
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Create a webhook target and print its secret.

    Parameters
    ----------
    receiver
        URL to which deliveries go by POST. Leave it out with `--mail`.
    flow
        ID of the flow. Default: all flows of the workspace.
    event
        Event to send. Repeat the option for more. Default: completed and failed runs, and questions.
    with_output
        Send the output of runs too.
    name
        Name of the target. Default: its host.
    mail
        JSON object with `host`, `to` and `sender`: send questions by mail.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the target as the API gives it.
    """
    route = json_object("--mail", mail) if mail else None
    body = {
        "url": receiver or None,
        "flow_id": flow or None,
        "events": event or None,
        "with_output": with_output,
        "name": name,
        "mail": route,
    }
    with api_client(url, key) as client:
        made = asked(client, "POST", "/webhook-targets", json=body)
    _tell(made, "is created", json=json)


@webhook_targets.command
def pause(
    target: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Pause a webhook target. During this time, no events are kept for it.

    Parameters
    ----------
    target
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the target as the API gives it.
    """
    _switch(target, "is paused", enabled=False, url=url, key=key, json=json)


@webhook_targets.command
def resume(
    target: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Resume a paused webhook target. What waits for it is sent.

    Parameters
    ----------
    target
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the target as the API gives it.
    """
    _switch(target, "is resumed", enabled=True, url=url, key=key, json=json)


@webhook_targets.command
def rotate(
    target: str,
    /,
    *,
    keep_hours: float = 24,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Replace the secret of a webhook target and print the new one.

    Parameters
    ----------
    target
        Its name or ID.
    keep_hours
        Hours that deliveries are signed with the old secret too.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the target as the API gives it.
    """
    with api_client(url, key) as client:
        path = f"/webhook-targets/{_id(client, target)}/rotate"
        changed = asked(client, "POST", path, json={"keep_hours": keep_hours})
    _tell(changed, "has a new secret", json=json)


@webhook_targets.command
def deliveries(
    target: str,
    /,
    *,
    status: Literal["waiting", "delivered", "dead"] | None = None,
    limit: int = 20,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """List the deliveries to a webhook target, the newest first.

    Parameters
    ----------
    target
        Its name or ID.
    status
        Only those of this status.
    limit
        How many, at most 100.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"deliveries": […]}` as the API gives it.
    """
    chosen: dict[str, Any] = {"limit": limit} | ({"status": status} if status else {})
    with api_client(url, key) as client:
        page = asked(client, "GET", f"/webhook-targets/{_id(client, target)}/deliveries", params=chosen)
    if json:
        print_json(page)
        return
    shown = [
        (one["created_at"], one["type"], one["status"], str(one["attempts"]), one["last_error"], one["id"])
        for one in page["deliveries"]
    ]
    print_table(("AT", "EVENT", "STATUS", "ATTEMPTS", "LAST ERROR", "ID"), shown)


@webhook_targets.command
def redeliver(
    target: str,
    delivery: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
) -> None:
    """Send a delivery again that was delivered or given up.

    Parameters
    ----------
    target
        Its name or ID.
    delivery
        Its ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    """
    with api_client(url, key) as client:
        path = f"/webhook-targets/{_id(client, target)}/deliveries/{delivery}/redeliver"
        again = asked(client, "POST", path)
    print_progress(f"The delivery {again['id']} is sent again.")


@webhook_targets.command
def delete(
    target: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
) -> None:
    """Delete a webhook target with its deliveries.

    Parameters
    ----------
    target
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    """
    with api_client(url, key) as client:
        print_progress(asked(client, "DELETE", f"/webhook-targets/{_id(client, target)}")["message"])


def _switch(target: str, what: str, *, enabled: bool, url: str, key: str, json: bool) -> None:
    with api_client(url, key) as client:
        path = f"/webhook-targets/{_id(client, target)}"
        changed = asked(client, "PUT", path, json={"enabled": enabled})
    _tell(changed, what, json=json)


def _tell(target: Any, what: str, *, json: bool) -> None:
    if json:
        print_json(target)
        return
    print_progress(f"The webhook target '{target['name']}' ({target['id']}) {what}.")
    if target.get("secret"):
        print_progress(f"The secret is shown only now: {target['secret']}")
        if target["old_secret_until"]:
            print_progress(f"Both secrets sign until {target['old_secret_until']}.")


def _id(client: Any, named: str) -> str:
    return id_of(client, "/webhook-targets", "targets", named, what="webhook target")
