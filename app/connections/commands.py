"""Commands of the border: connections, keys and imports."""
from .connection_commands import connection
from .import_command import import_file

COMMANDS = [connection, import_file]
