"""The files of members and customers that Whop's dashboard gives out, known by the ids in them."""
from app.connections import foreign

STATUSES = {"drafted": "incomplete", "joined": "active", "left": "canceled", "churned": "canceled",
            "unresolved": "past_due", "completed": "completed", "trial": "trialing", "renewing": "active"}
PLACES = {"Total spend": "total_revenue_cents:major", "Total spent": "total_revenue_cents:major",
          "Amount spent": "total_revenue_cents:major", "Spend": "total_revenue_cents:major",
          "USD total spent": "total_revenue_cents:major", "Joined at": "joined_at", "Created at": "joined_at",
          "Most recent action at": "last_active_at", "Last accessed at": "last_active_at",
          "Renewal period end": "renews_at", "Product": "plan_id", "Product name": "plan_id", "Access pass": "plan_id",
          "Membership status": "status", "Most recent action": "keep"}
foreign("Whop members export", "people", needs=("Email",), places=PLACES, words={"status": STATUSES}, rest=None,
        sign=("mber_", "mem_"))
foreign("Whop customers export", "people", needs=("Email",), places=PLACES, words={"status": STATUSES}, rest=None,
        sign=("user_",))
