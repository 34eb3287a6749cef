"""How long webhooks are kept: their words 30 days (jobs.forget_bodies), that they came a year, for late repeats."""
from app.spine.keeping import keeps

from .models import Delivery

keeps("Webhooks, without their words after 30 days", Delivery, "received_at", 365, Delivery.state != "waiting")
