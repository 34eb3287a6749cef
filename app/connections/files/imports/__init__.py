"""Files on their way in: recognised, mapped, tried, taken in a chunk at a time, and taken back."""
