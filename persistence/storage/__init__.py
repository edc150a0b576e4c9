"""The database: one writer, readers, both dialects, tables, migrations, encryption."""
