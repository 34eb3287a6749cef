"""Words with slots: strict when saved, safe when filled, kept per version."""
import pytest

from app.messaging import BadTemplate, Template, send, variable
from app.messaging.letters import write
from app.messaging.lint import lint
from app.messaging.markdown import as_html, as_text, without_links
from app.messaging.variables import VARIABLES, Missing
from app.people import Person
from app.spine.db import db
from app.spine.jobs import drain

from .conftest import a_template, change


def html(body, **values):
    return as_html(body, values)


@pytest.mark.parametrize(("body", "words"), [
    ("Hi {{frist_name}}", "{{frist_name}} at line 1, character 4 is not a variable we know."),
    ("Hi\n\n  {{ person.email }}", "at line 3, character 3"),
    ("{{first_name.__class__}}", "is not a variable"), ("{{ 7*7 }}", "is not a variable"),
    ("{{}}", "is not a variable"),
    ("{{custom.}}", "is not a variable"), ("{{first_name|upper()|x}} {{", "The {{ at line 1, character 26"),
    ("done }}", "The }} at line 1, character 6 has no other half."), ("x" * 20_001, "longer than 20,000")])
def test_unknown_slots_are_refused_when_saved_saying_where(app, body, words):
    with pytest.raises(BadTemplate) as refused:
        Template(name="T", body=body)
    assert words in str(refused.value) and refused.value.field == "body"


@pytest.mark.parametrize("body", ["Hi {{first_name}}", "{{ first_name | you }}", "{{custom.shoe_size|9}}",
                                  "{% raw %} {x}"])
def test_known_slots_are_taken(app, body):
    assert Template(name="T", body=body).body == body


def test_a_subject_has_one_line(app):
    with pytest.raises(BadTemplate):
        Template(subject="a\nBcc: everybody@example.com")


def test_filling_with_and_without_fallback(ana):
    body = "{{name}} {{custom.city|somewhere}} {{amount}} {{creator_name}}"
    words = write("{{first_name}}, {{plan_name}}", body, ana, given={"amount": "$49.00"})
    assert (words.subject, words.text) == ("Ana, Club monthly", "Ana Torres somewhere $49.00 Harbor Run Club")
    ana.custom = {"city": "Porto"}
    assert "Porto" in write("", "{{custom.city|somewhere}}", ana).text
    with pytest.raises(Missing) as missing:
        write("", "{{discount}}", ana)
    assert missing.value.name == "discount"
    assert write("", "{{discount|}}.", ana).text == "."


def test_higher_floors_add_variables(ana):
    before = VARIABLES["card_link"]
    try:
        @variable("card_link", "Link to put in a new card", example="https://pay.example/card", link=True)
        def card_link(person, message):
            return f"https://pay.example/{person.public_id}?a=1&b=2"
        assert f'href="https://pay.example/{ana.public_id}?a=1&amp;b=2"' in write("", "[Card]({{card_link}})", ana).html
    finally:
        VARIABLES["card_link"] = before


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "[x](https://evil.example)", "**bold** _it_", "`a`",
                                  "https://evil.example", "<https://evil.example>", "![i](https://e.example/i.png)",
                                  "](https://evil.example)", "{{amount}}", "\\", "&amp; &lt;", "a\n# b\n- c"])
def test_what_people_call_themselves_is_only_text(ana, name):
    ana.name = name
    words = write("{{name}}", "Hi {{name}}, [see]({{pay_link}}) bye", ana, given={"pay_link": "https://pay.example/1"})
    assert words.html.count("<a ") == 1 and words.html.startswith("<p>Hi ")
    for tag in ("<script", "<img", "<strong", "<em", "<code", "<h1", "<li", "evil.example\""):
        assert tag not in words.html
    assert "\n" not in words.subject
    assert " ".join(name.split()) in words.text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/own/path"])
def test_a_link_that_leads_nowhere_on_the_web_is_none(ana, link):
    with pytest.raises(Missing):
        write("", "[pay]({{pay_link}})", ana, given={"pay_link": link})
    assert "href" not in html("[pay]({{pay_link}})", pay_link=link)


def test_a_link_cannot_bring_another_along(ana):
    found = write("", "[pay]({{pay_link}})", ana, given={"pay_link": "https://a.example/) [x](https://b.example"}).html
    assert found.count("href") == 1 and "<a" in found


@pytest.mark.parametrize(("body", "wanted"), [
    ("[Pay](https://a.example/x)", '<p class="act"><a href="https://a.example/x">Pay</a></p>'),
    ("See [it](https://a.example).", '<p>See <a href="https://a.example">it</a>.</p>'),
    ("Go to https://a.example/x?y=1.", '<p>Go to <a href="https://a.example/x?y=1">https://a.example/x?y=1</a>.</p>'),
    ("**a** *b*\n\n- c\n- d", "<p><strong>a</strong> <em>b</em></p>\n<ul>\n<li>c</li>\n<li>d</li>\n</ul>"),
    ("<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>"),
    ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"), ("![i](https://a.example/i.png)", "<p></p>")])
def test_markdown_becomes_safe_html(app, body, wanted):
    assert html(body) == wanted


def test_a_link_slot_alone_is_a_link_and_the_text_keeps_it(app):
    body, found = "Pay: {{pay_link}}\n\n**Now** [Card]({{ card_link }})", {
        "pay_link": "https://a.example/p", "card_link": "https://a.example/c"}
    for href in found.values():
        assert f'<a href="{href}">' in as_html(body, found)
    assert as_text(body, found) == "Pay: https://a.example/p\n\nNow Card: https://a.example/c"


def test_looking_at_a_message_follows_no_tracked_link(app):
    seen = without_links('<p class="act"><a href="https://us.example/t/c/token">x</a></p><script>1</script>')
    assert seen == '<p><a class="button primary" href="https://example.com/">x</a></p>'


def test_a_queued_message_keeps_the_words_it_was_made_with(ana, post, at_noon):
    template = a_template(body="Old words.")
    send(ana, template, dedupe_key="one")
    assert template.revise(body="New words.") and template.version == 2
    assert not template.revise(name="Other name") and template.version == 2
    db.session.commit()
    drain()
    assert "Old words." in post.parcels[0].text and template.words(1) == ("Hi {{first_name|there}}", "Old words.")


def test_checks(account):
    def texts(**traits):
        return [remark.text for remark in lint(Template(**{"name": "T", "subject": "Hi", "body": "Short.", **traits}))]
    assert "Your postal address is missing" in texts(category="promo", channel="email")
    change(account, postal_address="41 Mill Lane, Portland ME")
    assert "Unsubscribe and address are added at the end" in texts(category="promo", channel="email")
    assert any("60 characters" in text for text in texts(subject="x" * 60))
    assert any("act now" in text for text in texts(body="ACT NOW and win!!"))
    assert "No fallback for first_name" in texts(body="{{first_name}} {{name|you}}")
    assert "Every slot has a fallback" in texts(body="{{first_name|you}}")
    assert "Nobody has a field called shoe" in texts(body="{{custom.shoe|1}}")
    assert "A service message may not sell" in texts(category="transactional", body="{{discount}}")
    assert "The subject is all capitals" in texts(subject="BUY BUY BUY")


def test_the_letter_has_a_footer_by_category(ana, post, account, at_noon):
    change(account, postal_address="41 Mill Lane")
    for category in ("promo", "transactional"):
        send(ana, a_template(name=category, category=category), dedupe_key=category)
    db.session.commit()
    drain()
    service, promo = post.parcels
    assert "Stop these emails" in promo.html and "/u/" in promo.text and "41 Mill Lane" in promo.html
    assert promo.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and "List-Id" in promo.headers
    assert "/u/" not in service.html + service.text and "List-Unsubscribe" not in service.headers
    assert service.headers["Auto-Submitted"] == "auto-generated" and "41 Mill Lane" in service.text


def test_a_person_without_a_name(app):
    assert Person(custom={}).first_name is None
