"""All SQL lives here: tables, migrations, repositories, and the one task that writes. Others use `Store`, the records, and nothing below."""

from contact_hub.store.database import Store
from contact_hub.store.fair import Lane, lane_of
from contact_hub.store.schema import migrate, refuse_other_schema, schema_state
from contact_hub.store.session import StaleEpoch
from contact_hub.store.transaction import Tx
from contact_hub.store.writer import Batch

__all__ = ["Batch", "Lane", "StaleEpoch", "Store", "Tx", "lane_of", "migrate", "refuse_other_schema", "schema_state"]
