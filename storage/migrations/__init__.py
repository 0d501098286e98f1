"""How did the tables come to look as they do? One file a change, in `versions`, run in order by Alembic."""
