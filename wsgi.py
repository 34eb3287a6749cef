"""What the web server and the flask command load."""
import gc

from app import create_app

app = create_app()
gc.collect()
gc.freeze()                          # web processes share what is loaded here as long as nobody touches it
