"""What analytics says."""
from app.spine.events import kind

kind("conversion.recorded", "Credited to a message", "payment", "target", "paid {money} after “{message}”",
     ("conversion", "message", "automation"))
