"""One function per number, by `metrics.md`. Ratios are Decimals of six decimals, monthly values Decimals in minor units
with four; None where there is no denominator."""
from .revenue import Period, customers_at, ledger, month_rows, months, mrr_at, mrr_series

__all__ = ["Period", "customers_at", "ledger", "month_rows", "months", "mrr_at", "mrr_series"]
