"""Commands of the border: connections, keys and imports."""
from .connection_commands import connection, keys
from .import_command import import_file

COMMANDS = [connection, keys, import_file]
