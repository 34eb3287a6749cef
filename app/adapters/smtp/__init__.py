"""Email through any SMTP server: smtp://user:password@host:port?tls=1 or smtps://host."""
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from urllib.parse import parse_qs, unquote, urlsplit

from app.kit.http import Unreachable
from app.spine.sockets import CHANNELS, Parcel, Receipt

from .connection import PlainLine, SecureLine
from .letter import BadAddress, letter, message_id

BAD_ADDRESS = (550, 551, 553)


@dataclass(frozen=True)
class Server:
    """Where and how to connect. `tls` is "" (only if offered), "1" (must) or "0" (never)."""
    host: str
    port: int
    user: str
    password: str
    secure: bool
    tls: str


def server(url: str) -> Server:
    """A mail server's address, understood; raises ValueError in words."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("Write an address such as smtp://user:password@mail.example.com:587.")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("The port must be a number from 1 to 65535.") from None
    secure = parts.scheme == "smtps"
    return Server(parts.hostname, port or (465 if secure else 587), unquote(parts.username or ""),
                  unquote(parts.password or ""), secure, parse_qs(parts.query).get("tls", [""])[0])


@CHANNELS.offers("email")
class Smtp:
    """Settings: `url`, `sender` (address), `guard` (True: the host must be on the open internet)."""
    keyed = False                      # a mail server does not know its doubles

    def __init__(self, settings: dict):
        self.server, self.sender = server(settings["url"]), settings.get("sender") or ""
        self.guard = settings.get("guard", False)

    def deliver(self, parcel: Parcel) -> Receipt:
        """Hand one letter over. After the words were written, silence is `unclear`; before, it is `retry`."""
        sender = parcel.sender or self.sender or f"no-reply@{self.server.host}"
        try:
            mail = letter(parcel, sender)
        except (ValueError, MessageError) as error:
            return Receipt("failed", reason=f"The letter cannot be written: {error}.",
                           bad_address=isinstance(error, BadAddress))
        try:
            line = self._connect()
        except Unreachable as error:
            return Receipt("retry", reason=str(error))
        except smtplib.SMTPAuthenticationError as error:
            return Receipt("failed", reason=f"The mail server refused the user or password ({error.smtp_code}).")
        except smtplib.SMTPResponseException as error:
            return _answered(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Receipt("retry", reason=f"The mail server did not answer: {type(error).__name__}.")
        with line:
            return self._hand_over(line, mail, sender, parcel)

    def _connect(self):
        line = (SecureLine if self.server.secure else PlainLine)(self.server.host, self.server.port, self.guard)
        try:
            line.ehlo()
            offered = line.has_extn("starttls")
            if not self.server.secure and self.server.tls != "0" and (offered or self.server.tls == "1"):
                line.starttls(context=ssl.create_default_context())
                line.ehlo()
            if self.server.user:
                line.login(self.server.user, self.server.password)
        except (OSError, smtplib.SMTPException):
            line.close()
            raise
        return line

    def _hand_over(self, line, mail, sender: str, parcel: Parcel) -> Receipt:
        try:
            wide = not parcel.to.isascii()
            refused = line.envelope(sender, parcel.to, wide)
            if refused:
                return refused_as(refused)
        except (OSError, smtplib.SMTPException) as error:      # before DATA: nothing was handed over
            return Receipt("retry", reason=f"The mail server hung up: {type(error).__name__}.")
        try:
            code, words = line.words(mail.as_bytes())
        except (OSError, smtplib.SMTPException):
            return Receipt("unclear", reason="The mail server hung up after it had the letter. It may have gone out.")
        if code == 250:
            return Receipt("sent", provider_id=message_id(parcel, sender))
        return _answered(code, words)


def refused_as(refused: tuple) -> Receipt:
    """The receipt for a refusal (which command, code, words) before DATA."""
    command, code, words = refused
    return _answered(code, words, bad_address=command == "RCPT" and code in BAD_ADDRESS)


def _answered(code: int, words, bad_address: bool = False) -> Receipt:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    reason = f"The mail server said {code}: {' '.join(said.split())[:300]}"
    if 400 <= code < 500:
        return Receipt("retry", reason=reason)
    return Receipt("failed", reason=reason, bad_address=bad_address)
