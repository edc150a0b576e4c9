"""What all tables share: their metadata, and the type of ids."""

from sqlalchemy import MetaData, String

__all__ = ["WHERE", "Id", "metadata"]

WHERE = "where"
"""Key of a partial index's condition in its ``info``. The migrations write it.

To name a dialect's own option here would import that dialect: PostgreSQL's costs a server on SQLite 2.4 MB.
"""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(64)
