"""The history of the schema: one line of Alembic versions per room of tables.

Run only through ``infra.migrate.upgrade``. A room is a folder of ``versions/`` whose first version
carries the room's name as its branch label; a node is at the heads of ``journal`` and ``node``,
the county at those of ``journal`` and ``federation``. A new room is a new folder and a name in
``infra.migrate.NODE`` or ``COUNTY``; nothing else knows the list.
"""
