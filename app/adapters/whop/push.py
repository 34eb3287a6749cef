"""Push notifications in the Whop app. Whop gives no id back and is not known to drop doubles."""
import httpx

from app.kit.http import seconds_to_wait
from app.spine.sockets import CHANNELS, Parcel, Receipt

from .client import JOB_TIMEOUT, whop_client

SILENT = "Whop did not answer after it had the message. It may have gone out."


@CHANNELS.offers("push")
class Push:
    """Settings: `connection`, the account's Whop connection with `api_key` and `experience_id`.

    Without an experience Whop would notify the creator's own team instead of the person.
    """
    keyed = False

    def __init__(self, settings: dict):
        connection = settings["connection"]          # read here and now: the call happens outside any transaction
        self.experience, self.client, self.trouble = connection.credential("experience_id"), None, None
        if not self.experience:
            self.trouble = "The Whop connection names no experience. Add its id (exp_...) under Settings, Connections."
        try:
            self.client = whop_client(connection, timeout=JOB_TIMEOUT)
        except LookupError:
            self.trouble = "The Whop connection has no API key. Add one under Settings, Connections."

    def deliver(self, parcel: Parcel) -> Receipt:
        if self.trouble:
            return Receipt("failed", reason=self.trouble)
        more = {"rest_path": parcel.link} if parcel.link else {}
        try:
            self.client.notifications.create(
                title=parcel.subject, content=parcel.text, user_ids=[parcel.to],
                experience_id=self.experience, **more,
                request_options={"additional_headers": {"Idempotency-Key": parcel.key}, "max_retries": 0})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Receipt("retry", reason=f"Whop could not be reached: {type(error).__name__}.")
        except httpx.HTTPError:
            return Receipt("unclear", reason=SILENT)
        except Exception as error:                   # ApiError, ParsingError: told apart by what they carry
            return refused(error)
        return Receipt("sent", provider_id=f"whop:{parcel.key}")


def refused(error) -> Receipt:
    """A refusal as a receipt: busy and broken servers are asked again, the rest is final."""
    status, headers = getattr(error, "status_code", None), getattr(error, "headers", None) or {}
    if status is None or 200 <= status < 300:        # an answer we could not read: it was accepted
        return Receipt("unclear", reason="Whop answered something we could not read. It may have gone out.")
    if status == 429 or status >= 500:
        after = {name.lower(): value for name, value in dict(headers).items()}.get("retry-after", "")
        return Receipt("retry", reason=f"Whop asked us to wait ({status}).", retry_after=seconds_to_wait(after))
    words = {401: "Whop does not know this API key.", 403: "This API key may not send notifications "
             "(permission notification:create).", 404: "Whop does not know this experience or person."}
    return Receipt("failed", reason=words.get(status, f"Whop refused with status {status}."))
