"""`agenticrag pricing`: take over the price list that is shipped."""

from cyclopts import App

from server.terminal import print_json, print_progress, print_table

__all__ = ["pricing"]

pricing = App(name="pricing", help="List model prices and update them.")
SHOWN = 20


@pricing.command
async def seed(*, json: bool = False) -> None:
    """Load the price list of this version. Prices that you have set stay.

    Recorded costs do not change, and repeating it changes nothing. Running servers use the prices within two
    seconds.

    Parameters
    ----------
    json
        Print `{"source", "date", "added", "changed", "kept", "edited"}`.
    """
    from persistence.spending.ledger import Ledger
    from persistence.spending.price_list import read_price_list
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings

    listed = read_price_list()
    async with open_store(load_settings()) as database:
        seeded = await Ledger(database).prices.seed(listed)
    if json:
        print_json(
            {
                "source": listed.source,
                "date": listed.date,
                "added": seeded.added,
                "changed": seeded.changed,
                "kept": seeded.kept,
                "edited": seeded.edited,
            }
        )
        return
    print_progress(
        f"Prices of {listed.source}, {listed.date}: {len(seeded.added)} models added, "
        f"{len(seeded.changed)} changed from now on, {seeded.kept} as before."
    )
    for word, names in (("changed", seeded.changed), ("yours, kept", seeded.edited)):
        for name in names[:SHOWN]:
            print_progress(f"  {word}: {name}")
        if len(names) > SHOWN:
            print_progress(f"  {word}: and {len(names) - SHOWN} more")


@pricing.command(name="list")
async def show(*, provider: str | None = None, json: bool = False) -> None:
    """List current model prices per million tokens.

    Parameters
    ----------
    provider
        Only models of this provider.
    json
        Print `{"pricing": [{provider, model, input_price_per_1k, …}]}`.
    """
    import time

    import msgspec

    from persistence.spending.ledger import Ledger
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings

    async with open_store(load_settings()) as database:
        ledger = Ledger(database)
        await ledger.refresh()
    known = [price for price in ledger.prices.current(time.time()) if provider in (None, price.provider)]
    if json:
        print_json({"pricing": msgspec.to_builtins(known)})
        return
    print_table(
        ("PROVIDER", "MODEL", "INPUT", "OUTPUT", "FROM"),
        [
            (
                price.provider,
                price.model,
                f"{price.input_price_per_1k * 1000:g}",
                f"{price.output_price_per_1k * 1000:g}",
                price.source,
            )
            for price in known
        ],
    )
