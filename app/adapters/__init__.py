"""A folder per vendor. Each registers itself at a socket of `app.spine.sockets`; only the factory imports them."""
