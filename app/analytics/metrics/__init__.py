"""One function per number, by `metrics.md`. Ratios are Decimals of six decimals, monthly values Decimals in minor units
with four; None where there is no denominator."""
from .cases import Case, Cases, cases, state_of
from .cohorts import Cell, cells
from .conversions import by_credit, by_kind, by_playbook
from .messages import Sends, sends
from .proof import Proof, Total, proofs, total
from .revenue import Period, customers_at, ledger, month_rows, months, mrr_at, mrr_series, periods
from .span import LENGTHS, Span

__all__ = ["LENGTHS", "Case", "Cases", "Cell", "Period", "Proof", "Sends", "Span", "Total", "by_credit",
           "by_kind", "by_playbook", "cases", "cells",
           "customers_at", "ledger", "month_rows", "months", "mrr_at", "mrr_series", "periods", "proofs", "sends",
           "state_of", "total"]
