"""PostgreSQL: roles, the tenant transaction, tables, the DDL pass, migrations."""

import os

# Piccolo looks its engine and apps up by this variable at the first query.
os.environ.setdefault("PICCOLO_CONF", "leancity.core.db.piccolo_conf")
