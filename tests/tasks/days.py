"""The day these stories play on."""
from datetime import UTC, datetime

NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)          # twelve in New York
