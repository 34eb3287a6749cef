"""Tables of the analytics room."""
from .attribution import Conversion, Touch
from .movement import Movement, RateLock, StaleBook

__all__ = ["Conversion", "Movement", "RateLock", "StaleBook", "Touch"]
