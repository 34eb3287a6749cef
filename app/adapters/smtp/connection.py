"""The line to a mail server: fifteen seconds for each answer, and no private address when a tenant typed the host."""
import smtplib
import socket
import ssl

from app.kit.http import Unreachable, public

TIMEOUT = 15


def checked(host: str, port: int, guard: bool) -> str:
    """The IP address to connect to; raises Unreachable when the host is not on the open internet."""
    if not guard:
        return host
    try:
        found = {row[4][0].split("%")[0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Unreachable("name not found") from None
    if not found or not all(public(address) for address in found):
        raise Unreachable(f"not public: {', '.join(sorted(found))}")
    return sorted(found)[0]


class Steps:
    """The commands of one letter, told apart, so that we know how far it got."""

    def envelope(self, sender: str, to: str, wide: bool) -> tuple | None:
        """MAIL and RCPT; None when accepted, else (command, code, words)."""
        options = ["SMTPUTF8"] if wide else []
        code, words = self.mail(sender, options)
        if code != 250:
            return "MAIL", code, words
        code, words = self.rcpt(to)
        return None if code in (250, 251) else ("RCPT", code, words)

    def words(self, mail: bytes) -> tuple[int, bytes]:
        """DATA; the server's last answer."""
        try:
            return self.data(mail)
        except smtplib.SMTPDataError as error:      # refused before the words were written
            return error.smtp_code, error.smtp_error


class PlainLine(Steps, smtplib.SMTP):
    """Plain, or STARTTLS afterwards."""

    def __init__(self, host: str, port: int, guard: bool):
        self.guard = guard
        super().__init__(host, port, timeout=TIMEOUT)

    def _get_socket(self, host, port, timeout):
        return socket.create_connection((checked(host, port, self.guard), port), timeout)


class SecureLine(Steps, smtplib.SMTP_SSL):
    """TLS from the first byte."""

    def __init__(self, host: str, port: int, guard: bool):
        self.guard = guard
        super().__init__(host, port, timeout=TIMEOUT, context=ssl.create_default_context())

    def _get_socket(self, host, port, timeout):
        plain = socket.create_connection((checked(host, port, self.guard), port), timeout)
        return self.context.wrap_socket(plain, server_hostname=host)
