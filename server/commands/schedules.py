"""`agenticrag schedules`: list, create, pause, resume, run and delete the schedules of a running server."""

from typing import Any, Literal

from cyclopts import App

from server.commands.api_client import Key, Url, api_client, asked, every, id_of
from server.terminal import json_object, print_json, print_progress, print_table

__all__ = ["schedules"]

schedules = App(name="schedules", help="List and change schedules, which start flows at their times.")


@schedules.command(name="list")
def show(*, url: Url = "", key: Key = "", json: bool = False) -> None:
    """List the schedules with their next and last times.

    Parameters
    ----------
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"schedules": […]}` as the API gives it.
    """
    with api_client(url, key) as client:
        found = every(client, "/schedules", "schedules")
    if json:
        print_json({"schedules": found})
        return
    shown = [
        (
            one["name"],
            one["cron"],
            one["timezone"],
            one["next_at"] or (one["stopped"] and "stopped") or ("no more" if one["enabled"] else "paused"),
            one["last_at"] or "",
            (one["last_error"] and "refused") or one["last_status"] or "",
            one["id"],
        )
        for one in found
    ]
    print_table(("NAME", "CRON", "TIME ZONE", "NEXT", "LAST", "STATUS", "ID"), shown)


@schedules.command
def create(
    flow: str,
    cron: str,
    /,
    *,
    timezone: str = "UTC",
    name: str = "",
    input: str = "{}",
    version: str = "",
    missed: Literal["skip", "once", "all"] = "once",
    ends_at: str | None = None,
    jitter_seconds: float = 0,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Create a schedule. Its runs have the rights of the API key.

    Parameters
    ----------
    flow
        ID of the flow.
    cron
        Cron expression, as in `0 9 * * MON-FRI`.
    timezone
        IANA name of the time zone.
    name
        Name of the schedule. Default: the flow's.
    input
        JSON object: the input of each run. Texts are templates.
    version
        Version to run: a number or a label. Default: the current one.
    missed
        What happens with missed runs.
    ends_at
        ISO 8601 time after which nothing starts.
    jitter_seconds
        Start each run up to this much later.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the schedule as the API gives it.
    """
    given = json_object("--input", input)
    body = {
        "flow_id": flow,
        "cron": cron,
        "timezone": timezone,
        "name": name,
        "input": given,
        "version": version,
        "missed": missed,
        "ends_at": ends_at,
        "jitter_seconds": jitter_seconds,
    }
    with api_client(url, key) as client:
        made = asked(client, "POST", "/schedules", json=body)
    _tell(made, "is created", json=json)


@schedules.command
def times(
    cron: str,
    /,
    *,
    timezone: str = "UTC",
    count: int = 5,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Print the next times of a cron expression. Nothing is created.

    Parameters
    ----------
    cron
        Cron expression, as in `0 9 * * MON-FRI`.
    timezone
        IANA name of the time zone.
    count
        How many times to print, at most 100.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print `{"times": […]}` as the API gives it.
    """
    asking = {"cron": cron, "timezone": timezone, "limit": count}
    with api_client(url, key) as client:
        found = asked(client, "GET", "/schedules/times", params=asking)
    if json:
        print_json(found)
        return
    print_table(("TIME", "UTC"), [(one["local"], one["at"]) for one in found["times"]])


@schedules.command(name="run")
def run_now(schedule: str, /, *, url: Url = "", key: Key = "", json: bool = False) -> None:
    """Start a run of a schedule now. Its next time does not change.

    Parameters
    ----------
    schedule
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the run as the API gives it.
    """
    with api_client(url, key) as client:
        started = asked(client, "POST", f"/schedules/{_id(client, schedule)}/run")
    if json:
        print_json(started)
        return
    print_progress(f"The run {started['id']} is started.")


@schedules.command
def pause(
    schedule: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Pause a schedule.

    Parameters
    ----------
    schedule
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the schedule as the API gives it.
    """
    _switch(schedule, "is paused", enabled=False, url=url, key=key, json=json)


@schedules.command
def resume(
    schedule: str,
    /,
    *,
    url: Url = "",
    key: Key = "",
    json: bool = False,
) -> None:
    """Resume a paused schedule. Its runs have the rights of the API key from now on.

    Parameters
    ----------
    schedule
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    json
        Print the schedule as the API gives it.
    """
    _switch(schedule, "is resumed", enabled=True, url=url, key=key, json=json)


@schedules.command
def delete(schedule: str, /, *, url: Url = "", key: Key = "") -> None:
    """Delete a schedule. Its runs stay.

    Parameters
    ----------
    schedule
        Its name or ID.
    url
        Base URL of the server. Default: the server of this machine.
    key
        API key. Default: the owner's key of this machine.
    """
    with api_client(url, key) as client:
        print_progress(asked(client, "DELETE", f"/schedules/{_id(client, schedule)}")["message"])


def _switch(schedule: str, what: str, *, enabled: bool, url: str, key: str, json: bool) -> None:
    with api_client(url, key) as client:
        changed = asked(client, "PUT", f"/schedules/{_id(client, schedule)}", json={"enabled": enabled})
    _tell(changed, what, json=json)


def _tell(schedule: Any, what: str, *, json: bool) -> None:
    if json:
        print_json(schedule)
        return
    following = f" Next: {schedule['next_at']}." if schedule["next_at"] else ""
    print_progress(f"The schedule '{schedule['name']}' ({schedule['id']}) {what}.{following}")


def _id(client: Any, named: str) -> str:
    return id_of(client, "/schedules", "schedules", named, what="schedule")
