"""The file of customers that Stripe's dashboard gives out: amounts in major units, times in UTC."""
from app.connections import foreign

foreign("Stripe customers export", "people", needs=("id", "Email", "Created (UTC)", "Total Spend"), places={
    "id": "stripe_customer", "Email": "email", "Name": "name", "Phone": "phone", "Description": "keep",
    "Created (UTC)": "joined_at", "Currency": "currency_of_totals", "Total Spend": "total_revenue_cents:major",
    "Payment Count": "total_payments", "Plan": "plan_id", "Status": "status", "Address Country": "country",
    "First Payment (UTC)": "first_payment_at", "Last Payment (UTC)": "last_payment_at"},
    words={"status": {"incomplete_expired": "expired", "ended": "canceled"}})
