"""What must not be written down, found by its name or its shape: secrets, addresses, card numbers."""
import re

NAMES = re.compile(r"authorization|cookie|token|secret|password|signature|api_?key|cvv|cvc|iban|email|phone|address"
                   r"|(?:^|[_.-])(?:pan|card)(?:$|[_.-])", re.I)
SHAPES = re.compile(r"sk_(?:live|test)_\w+|rk_(?:live|test)_\w+|whsec_[\w+/=]+|\bws_\w+|ra_live_\w+"
                    r"|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?i:bearer\s+)[\w.~+/=-]+|(?<=://)[^\s/@]+@"
                    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
                    r"|/(?:sign-in/links|t/c|t/o|u|api/webhooks/\w+)/[\w-]{12,}")
CARDS = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
MASK = "[masked]"


def mask(text: str) -> str:
    """The text without what has the shape of a secret, an address or a valid card number."""
    return CARDS.sub(lambda found: MASK if luhn(found[0]) else found[0], SHAPES.sub(MASK, text))


def luhn(number: str) -> bool:
    """Whether the digits add up as those of a card do."""
    digits = [int(letter) for letter in reversed(number) if letter.isdigit()]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def cleaned(value, name: str = ""):
    """A value as it may be logged: masked by name and by shape, through lists and objects."""
    if isinstance(value, dict):
        return {key: cleaned(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [cleaned(item, name) for item in value]
    if isinstance(value, str | bytes) and NAMES.search(name):
        return MASK if value else value
    if isinstance(value, bytes):
        return MASK
    return mask(value) if isinstance(value, str) else value


def one_line(text: str) -> str:
    """Control characters as escapes, so that nobody writes a line of the log that we did not."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
