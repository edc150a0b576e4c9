"""Diagrams of flows and of their runs: Mermaid, dot, SVG, PNG, JSON and React Flow.

`picture_of` reads a definition, `paint` puts a run on it, and `draw` writes it in one of the formats. Nothing
here runs a flow, imports LangGraph or asks anybody outside.
"""

from typing import Literal, get_args

from msgspec import structs

from graphs.drawing.picture import DrawLayout, Picture

__all__ = ["MEDIA_TYPES", "DrawFormat", "DrawLayout", "draw"]

DrawFormat = Literal["mermaid", "dot", "svg", "png", "json", "react-flow"]

MEDIA_TYPES: dict[DrawFormat, str] = {
    "mermaid": "text/plain",
    "dot": "text/vnd.graphviz",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
    "react-flow": "application/json",
}


def draw(picture: Picture, format: DrawFormat, layout: DrawLayout = "auto") -> bytes:
    """Return a picture in a format; text is UTF-8.

    Args:
        picture: What to draw.
        format: ``mermaid`` and ``dot`` are sources for other programs, ``svg`` and ``png`` are laid out here.
            ``json`` has what the flow does with places, ``react-flow`` nodes and edges as that editor takes
            them.
        layout: ``down``, ``right`` (from left to right), ``compact``, or ``auto`` for the one that fits.

    Raises:
        ValueError: the format is not one of these.
    """
    picture = structs.replace(picture, layout=layout)
    match format:
        case "mermaid":
            from graphs.drawing.mermaid import mermaid

            return mermaid(picture).encode()
        case "dot":
            from graphs.drawing.dot import dot

            return dot(picture).encode()
        case "svg" | "png":
            from graphs.drawing.svg import svg

            drawn = svg(picture)
            if format == "svg":
                return drawn.encode()
            from graphs.drawing.png import png

            return png(drawn)
        case "json" | "react-flow":
            from graphs.drawing.documents import as_json, react_flow

            return (as_json if format == "json" else react_flow)(picture).encode()
        case _:  # pyright: ignore[reportUnnecessaryComparison]  # what callers without types ask for
            known = ", ".join(get_args(DrawFormat))
            raise ValueError(f"Expected a format of {known}; found {format!r}.")
