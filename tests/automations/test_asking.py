"""The condition builder: a tree shown as a form and read back is the same tree."""
import pytest
from werkzeug.datastructures import MultiDict

from app.automations.views import asking
from app.people import PERSON

TREES = [
    {"all": [{"field": "stage", "op": "is", "value": "member"}]},
    {"any": [{"field": "total_spent", "op": "gte", "value": 4950}, {"field": "country", "op": "is_not_set"}]},
    {"all": [{"field": "tags", "op": "has_any", "value": ["VIP", "Old"]},
             {"not": {"any": [{"field": "tenure_days", "op": "lt", "value": 30}]}}]},
    {"all": [{"field": "last_active_at", "op": "not_in_last", "value": {"n": 2, "unit": "weeks"}},
             {"any": [{"field": "joined_at", "op": "between", "value": ["2026-01-01", "2026-02-01"]},
                      {"field": "name", "op": "contains", "value": "ana"}]}]},
    {"all": [{"field": "events", "op": "did", "value": {"event": "payment.failed"}},
             {"field": "events", "op": "did_not", "value": {"event": "activity.*", "at_least": 3,
                                                            "within": {"n": 45, "unit": "days"}}}]},
    {"all": [{"field": "staff", "op": "is", "value": "false"},
             {"field": "payments_count", "op": "in", "value": [1, 2]}]},
]


def posted(group) -> MultiDict:
    """What a browser sends for the builder as it is shown."""
    form = MultiDict({f"{group['prefix']}.match": group["match"]})
    for part in group["parts"]:
        if part.get("group"):
            form.update(posted(part))
            continue
        for name in ("field", "op", "value", "unit"):
            if part.get(name) is not None:
                form[f"{part['prefix']}.{name}"] = str(part[name])
    return form


@pytest.mark.parametrize("tree", TREES)
def test_shown_and_read_back(account, tree):
    PERSON.check(tree)
    assert asking.read(posted(asking.shown(tree))) == tree
    assert asking.trouble(tree) is None and asking.count(tree) == 0


def test_a_single_leaf_and_a_refusal_become_groups(account):
    leaf = TREES[0]["all"][0]
    assert asking.read(posted(asking.shown(leaf))) == {"all": [leaf]}
    assert asking.read(posted(asking.shown({"not": leaf}))) == {"not": {"any": [leaf]}}
    assert asking.read(posted(asking.shown({}))) == {}


def test_the_buttons(account):
    form = posted(asking.shown(TREES[1]))
    assert len(asking.read(form | MultiDict({"add": "c"}))["any"]) == 3
    assert asking.read(form | MultiDict({"add-group": "c"}))["any"][2] == {"any": [asking.FIRST]}
    assert asking.read(form | MultiDict({"remove": "c.0"})) == {"any": [TREES[1]["any"][1]]}
    assert asking.pressed(form | MultiDict({"remove": "c.0"})) and not asking.pressed(form)


def test_another_field_takes_a_value_of_its_own_when_shown_again(account):
    form = MultiDict({"c.match": "all", "c.0.field": "stage", "c.0.op": "gte", "c.0.value": "4950"})
    assert asking.read(form, tidy=True) == {"all": [{"field": "stage", "op": "is", "value": "lead"}]}
    assert asking.trouble(asking.read(form)) == "4950 is not a value of Stage."


@pytest.mark.parametrize("leaf, words", [
    ({"field": "shoe", "op": "is", "value": "1"}, "There is no field called 'shoe'."),
    ({"field": "total_spent", "op": "gte", "value": "much"}, "'much' is not a number."),
    ({"field": "last_active_at", "op": "in_last", "value": {"n": "soon", "unit": "days"}}, "'soon' is not a number.")])
def test_what_is_wrong_is_kept_and_told(account, leaf, words):
    form = posted(asking.shown({"all": [leaf]}))
    assert asking.read(form) == {"all": [leaf]} or leaf["field"] == "shoe"
    assert asking.trouble(asking.read(form)) == words
