"""`agenticrag doctor`: say what is configured, what answers and what is missing."""

from server.terminal import CommandError, print_json, print_table

__all__ = ["doctor"]


async def doctor(*, json: bool = False) -> None:
    """Check the configuration, the database and the models, and show what to do. Changes nothing.

    Exit code 1 if something is missing that the server needs.

    Parameters
    ----------
    json
        Print `{"ok", "checks": [{name, state, detail, todo}]}`; a state is `ok`, `note` or `missing`.
    """
    from server.checkup.doctor import examine
    from server.settings.sources import load_settings

    checkups = await examine(load_settings())
    missing = [checkup.name for checkup in checkups if checkup.state == "missing"]
    if json:
        print_json({"ok": not missing, "checks": checkups})
    else:
        rows = [(checkup.state, checkup.name, checkup.detail) for checkup in checkups]
        print_table(("", "WHAT", "FOUND"), rows)
        for checkup in checkups:
            if checkup.todo:
                print(f"\n{checkup.name}: {checkup.todo}", end="")
        print()
    if missing:
        raise CommandError(f"Missing: {', '.join(missing)}.")
