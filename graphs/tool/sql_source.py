"""SQL sources: which database a tool asks, as its configuration says."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from graphs.outbound.credentials import CredentialName
from graphs.outbound.databases import Database, QueryError, Rows
from graphs.tool.tool_type import Tool, ToolContext, ToolError
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError

__all__ = ["SqlSource"]


class SqlSource(Tool, frozen=True, kw_only=True):
    """Base of tools that read a database."""

    dialect: Annotated[Literal["sqlite", "postgresql"], Meta(description="Kind of the database.")]
    database: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            description="SQLite: name of a file in the folder `sql_dir`. PostgreSQL: name of the database.",
        ),
    ]
    host: Annotated[str, Meta(max_length=255, description="PostgreSQL: host of the server.")] = ""
    port: Annotated[int, Meta(ge=1, le=65_535, description="PostgreSQL: its port.")] = 5432
    tls: Annotated[
        Literal["require", "prefer", "disable"], Meta(description="PostgreSQL: whether TLS is used.")
    ] = "prefer"
    credential: CredentialName = ""
    max_rows: Annotated[int, Meta(ge=1, le=10_000, description="Maximum number of rows.")] = 100
    max_bytes: Annotated[
        int, Meta(ge=1_000, le=10_000_000, description="Maximum size of all values together.")
    ] = 200_000
    seconds: Annotated[float, Meta(gt=0, le=300, description="Maximum time of a query.")] = 10.0

    def problem(self) -> str:
        """Return what a PostgreSQL source lacks."""
        if self.dialect == "postgresql" and not (self.host and self.credential):
            return "PostgreSQL needs 'host' and a 'credential' of kind 'basic': user and password."
        if self.dialect == "sqlite" and (self.host or self.credential):
            return "'host' and 'credential' are for PostgreSQL. Leave them out."
        return ""

    def credentials(self) -> dict[str, str]:
        """Return the credential."""
        return {"credential": self.credential} if self.credential else {}

    def touches(self) -> Effects:
        """Return that it reads a database."""
        return Effects(
            private=f"the database '{self.database}'", strangers=f"what the database '{self.database}' holds"
        )

    async def asked(self, context: ToolContext, sql: str, *, rows: int | None = None) -> Rows:
        """Return the rows of a statement.

        Raises:
            ToolError: the statement fails or would write.
            NodeError: the database may not be asked.
        """
        credential = await context.credential(self.credential) if self.credential else None
        if credential is not None and credential.kind != "basic":
            raise NodeError(
                f"The credential '{credential.name}' is no user with a password. Store one of kind 'basic'.",
                code="bad_credential",
            )
        database = Database(
            dialect=self.dialect,
            name=self.database,
            host=self.host,
            port=self.port,
            tls=self.tls,
            credential=credential,
            egress=context.egress,
            rows=rows or self.max_rows,
            bytes=self.max_bytes,
            seconds=self.seconds,
        )
        try:
            return await context.query(database, sql)
        except QueryError as error:
            if error.code == "query_failed":
                raise ToolError(str(error)) from None
            raise NodeError(str(error), code=error.code) from None

    def as_objects(self, rows: Rows) -> list[dict[str, Any]]:
        """Return rows as objects by their columns."""
        return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
