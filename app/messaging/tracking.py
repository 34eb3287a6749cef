"""Links that lead through us, and who followed them: a human or a machine."""
import re
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape

from flask import current_app
from sqlalchemy import func, select, update

from app.kit.clock import now
from app.spine.db import db, insert_once, token
from app.spine.events import record

from .models import Link, Message, MessageEvent

HREF = re.compile(r'href="(https?://[^"]*)"')
SCANNERS = re.compile(r"bot\b|crawl|spider|scan|barracuda|mimecast|proofpoint|safelinks|bitdefender|symantec|"
                      r"trendmicro|python-|curl/|wget/|java/|go-http|headless|libwww|okhttp|axios", re.IGNORECASE)
AT_ONCE, TOGETHER = timedelta(seconds=2), timedelta(seconds=5)


def tracked(message: Message, words):
    """The words with every web link led through /t/c/<token>; our own unsubscribe page is left alone."""
    base = current_app.config["PUBLIC_URL"]
    urls = {unescape(url) for url in HREF.findall(words.html)} - {f"{base}/u/{message.token}"}
    ours = {url: f"{base}/t/c/{_link(message, url)}" for url in urls}
    html = HREF.sub(lambda match: f'href="{escape(ours.get(unescape(match[1]), unescape(match[1])))}"', words.html)
    text = words.text
    if ours:
        longest = "|".join(re.escape(url) for url in sorted(ours, key=len, reverse=True))
        text = re.sub(longest, lambda match: ours[match[0]], text)
    return replace(words, html=html, text=text)


def _link(message: Message, url: str) -> str:
    insert_once(Link, ("account_id", "message_id", "url"), message_id=message.id, url=url, token=token(24))
    return db.session.scalar(select(Link.token).where(Link.message_id == message.id, Link.url == url))


def clicked(link: Link, agent: str, method: str = "GET") -> bool:
    """Write down that somebody or something followed a link; True for a human."""
    message, moment = link.message, now()
    machine = method != "GET" or _machine(message, agent, moment)
    if not machine and _swept(message, link, moment):
        machine = True
        _take_back(message, moment)
    _note(message, "clicked", moment, machine, link.id)
    if not machine:
        message.clicked_at = message.clicked_at or moment
    record("message.clicked", message.person_id, source="messaging", by=message.automation_ref,
           **message.facts(url=link.url, human=not machine))
    return not machine


def opened(message: Message, agent: str, method: str = "GET") -> bool:
    """Write down an open, which is never more than a hint; True for a human."""
    moment = now()
    machine = method != "GET" or _machine(message, agent, moment) or agent.strip() == "Mozilla/5.0"
    _note(message, "opened", moment, machine)
    if not machine and message.opened_at is None:
        message.opened_at = moment
        record("message.opened", message.person_id, key=f"message.opened:{message.public_id}", source="messaging",
               by=message.automation_ref, **message.facts(human=True))
    return not machine


def _machine(message, agent: str, moment) -> bool:
    if not agent.strip() or SCANNERS.search(agent):
        return True
    return message.sent_at is not None and moment - message.sent_at < AT_ONCE


def _swept(message, link, moment) -> bool:
    """Whether with this click every link of a message with several was followed within seconds."""
    links = db.session.scalar(select(func.count()).select_from(Link).where(Link.message_id == message.id))
    lately = set(db.session.scalars(select(MessageEvent.link_id).where(
        MessageEvent.message_id == message.id, MessageEvent.kind == "clicked", MessageEvent.at > moment - TOGETHER)))
    return links > 1 and len(lately | {link.id}) == links


def _take_back(message, moment) -> None:
    """The clicks just before were the machine's as well."""
    db.session.execute(update(MessageEvent).where(
        MessageEvent.message_id == message.id, MessageEvent.kind == "clicked", MessageEvent.at > moment - TOGETHER)
        .values(machine=True).execution_options(synchronize_session=False))
    message.clicked_at = db.session.scalar(select(func.min(MessageEvent.at)).where(
        MessageEvent.message_id == message.id, MessageEvent.kind == "clicked", MessageEvent.machine.is_(False)))


def _note(message, kind, moment, machine, link_id=None) -> None:
    db.session.add(MessageEvent(message_id=message.id, kind=kind, at=moment, machine=machine, link_id=link_id))
    db.session.flush()
