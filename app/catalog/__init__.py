"""What is sold: products and plans, as the sources name them.

Tables: products, plans. Says and hears nothing.
Front door: Product, Plan, plan_for(ref, source) -> Plan | None.
"""
from .models import INTERVALS, Plan, Product, plan_for

__all__ = ["INTERVALS", "Plan", "Product", "plan_for"]
