"""Effects: what a node or a tool reads from and writes to the outside of its flow."""

from msgspec import Struct

__all__ = ["Effects"]


class Effects(Struct, frozen=True, kw_only=True):
    """What comes in by a node or a tool and what may leave by it. Each text names it for people; empty for
    what there is not."""

    private: str = ""
    """What comes in and is not everybody's: ``what the credential 'shop' opens``."""
    strangers: str = ""
    """Words of others that come in: ``what api.example.com answers``."""
    way_out: str = ""
    """Where it sends, by an address or a method that the run chooses: ``requests to api.example.com``."""
    chosen_by: tuple[str, ...] = ()
    """Fields of a node that the choice is made in, those below them included, where a model has written what
    they look up. Empty: whoever reads what the node reads chooses, as a model does that has a tool."""
    led_by: tuple[str, ...] = ()
    """Those of them that choose it whoever has written what they look up: an address that begins with a
    look-up."""
    host: str = ""
    """The one host, with its port, that all of this speaks of; empty where there are several or none."""
    writes: bool = False
    """Whether the way can leave something at its end, where others read it: what a service says may go back
    to it with a question, but not so."""
    field: str = ""
    """The field of the node that says so: ``tools[0]``; empty for the whole of it."""
