"""Files that messaging takes in, and jobs that nobody else imports."""
from . import imports, previews  # noqa: F401 - they register themselves
