"""The webhook door, the deliveries screen and the connections screen."""
