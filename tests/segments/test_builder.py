"""The builder: a form becomes a tree, a tree becomes a form, and nothing is lost on the way."""
import json

import pytest
from werkzeug.datastructures import MultiDict

from app.segments.builder import Asked, pressed

STAGE = {"field": "stage", "op": "is", "value": "member"}
RICH = {"field": "total_spent", "op": "gt", "value": 30000}
QUIET = {"field": "last_active_at", "op": "not_in_last", "value": {"n": 14, "unit": "days"}}
TREES = [
    {}, {"all": [STAGE]}, {"any": [STAGE, RICH]}, {"all": [STAGE, {"any": [RICH, QUIET]}]},
    {"not": {"any": [STAGE]}}, {"not": {"all": [STAGE, RICH]}}, {"all": [STAGE, {"not": {"any": [RICH]}}]},
    {"all": [{"field": "tags", "op": "has_any", "value": ["VIP"]}]},
    {"all": [{"field": "tags", "op": "is_not_set"}]},
    {"all": [{"field": "joined_at", "op": "between", "value": ["2026-01-01", "2026-06-30"]}]},
    {"all": [{"field": "joined_at", "op": "before", "value": "2026-01-01"}]},
    {"all": [{"field": "total_spent", "op": "between", "value": [100, 250050]}]},
    {"all": [{"field": "payments_count", "op": "in", "value": [1, 2]}]},
    {"all": [{"field": "membership_status", "op": "in", "value": ["active", "paused"]}]},
    {"all": [{"field": "tenure_days", "op": "gte", "value": 90}]},
    {"all": [{"field": "staff", "op": "is", "value": False}]},
    {"all": [{"field": "name", "op": "contains", "value": "lim"}]},
    {"all": [{"field": "custom.goal", "op": "is", "value": "novel"}]},
    {"all": [{"field": "custom.age", "op": "gt", "value": 30}]},
    {"all": [{"field": "events", "op": "did", "value": {"event": "payment.failed"}}]},
    {"all": [{"field": "events", "op": "did_not", "value": {"event": "activity.*", "at_least": 3,
                                                            "within": {"n": 2, "unit": "weeks"}}}]},
]


def typed(asked: Asked, **more) -> MultiDict:
    """The form a browser would send for what the builder shows."""
    form = []

    def line(it):
        place, control = it["prefix"], it["control"]
        form.extend([(f"{place}.field", it["field"]), (f"{place}.op", it["op"]), (f"{place}.was", it["field"])])
        for part in {"span": ("n", "unit"), "deed": ("event", "times", "n", "unit")}.get(control, ()):
            form.append((f"{place}.{part}", str(it[part])))
        form.extend((f"{place}.value", value) for value in it.get("values", ()))

    def group(it):
        form.append((f"{it['prefix']}.match", it["match"]))
        for part in it["parts"]:
            (group if "parts" in part else line)(part)
    group(asked.group)
    return MultiDict([*form, *more.items()])


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_there_and_back(crowd, tree):
    asked = Asked(tree)
    again = Asked.of(typed(asked))
    assert again.tree == tree and asked.error is None and again.total == asked.total
    assert Asked.of(typed(again)).tree == tree


def test_money_is_typed_in_major_units(crowd):
    asked = Asked({"all": [RICH]})
    [line] = asked.lines
    assert line["control"] == "money" and line["values"] == ["300"] and line["alone"] == 1
    form = typed(asked)
    form["c.0.value"] = "1,250.50"
    assert Asked.of(form).tree["all"][0]["value"] == 125050


def test_buttons_add_remove_and_move(crowd):
    start = Asked({"all": [STAGE, {"any": [RICH, QUIET]}]})
    tree = Asked.of(typed(start, add="c.1")).tree
    assert len(tree["all"][1]["any"]) == 3
    grown = Asked.of(typed(start, **{"add-group": "c"}))
    assert grown.tree["all"][2] == {"any": [STAGE]} and grown.focus == "c.2.0.field"
    assert Asked.of(typed(start, remove="c.1.0")).tree == {"all": [STAGE, {"any": [QUIET]}]}
    assert Asked.of(typed(start, remove="c.1")).tree == {"all": [STAGE]}
    moved = Asked.of(typed(start, up="c.1"))
    assert moved.tree == {"all": [{"any": [RICH, QUIET]}, STAGE]} and moved.focus == "c.0.up"
    assert Asked.of(typed(start, down="c.1.0")).tree["all"][1] == {"any": [QUIET, RICH]}
    for button in ("up", "down"):
        edge = Asked.of(typed(start, **{button: "c.0" if button == "up" else "c.1"}))
        assert edge.tree == start.tree
    assert pressed({"up": "c.1"}) and not pressed({"c.match": "all"})


def test_an_emptied_group_is_gone_and_numbers_close_up(crowd):
    start = Asked({"all": [{"any": [RICH]}, STAGE]})
    assert Asked.of(typed(start, remove="c.0.0")).tree == {"all": [STAGE]}
    assert Asked.of(typed(Asked({"all": [STAGE]}), remove="c.0")).tree == {}


def test_the_order_on_the_page_is_the_order_of_the_tree(crowd):
    form = typed(Asked({"all": [STAGE, RICH]}))
    turned = MultiDict([*[(k, v) for k, v in form.items(multi=True) if k.startswith("c.1")],
                        *[(k, v) for k, v in form.items(multi=True) if not k.startswith("c.1")]])
    assert Asked.of(turned).tree == {"all": [RICH, STAGE]}


def test_another_field_begins_anew_with_something_that_means_something(crowd):
    from app.people import PERSON
    form = typed(Asked({"all": [STAGE]}))
    for field in PERSON.fields():
        form["c.0.field"] = field.name
        asked = Asked.of(form)
        wanted = field.kind == "text" or (field.kind in ("choice", "segment") and not field.options())
        assert (asked.lines[0]["error"] is not None) == wanted, field.name


def test_what_cannot_be_asked_is_said_at_its_line(crowd):
    form = typed(Asked({"all": [RICH, STAGE]}))
    form["c.0.value"] = "lots"
    asked = Asked.of(form)
    assert asked.error == asked.lines[0]["error"] == "'lots' is not a number." and asked.lines[1]["alone"] == 2
    assert asked.total is None and asked.sentence is None and asked.sample(0) == []
    form["c.0.value"] = ""
    assert Asked.of(form).lines[0]["error"] == "Say which."
    form["c.0.field"] = "no_such"
    assert "no field called" in Asked.of(form).error


@pytest.mark.parametrize("form", [{"c.match": "odd"}, {"c.0.field": "stage"}, {"c.0.match": "all"}, {"c.9.field": "x"},
                                  {"c.0.field": "events", "c.0.n": "-1", "c.0.op": "did", "c.0.was": "events"},
                                  {"c.0.field": "joined_at", "c.0.op": "in_last", "c.0.unit": "parsecs"},
                                  {"c.0.field": "custom.", "c.0.op": "is"}, {"add-group": "nowhere", "up": "c.7"}])
def test_forged_forms_only_lead_to_words(crowd, form):
    asked = Asked.of(MultiDict(form))
    assert asked.error is None or asked.error.endswith(".")


def test_words_become_lines_and_what_was_not_understood_is_said(desk, crowd, htmx):
    form = {"c.match": "all", "c.0.field": "stage", "c.0.was": "stage", "c.0.op": "is", "c.0.value": "member",
            "c.words": "active members with blue eyes who spent over $500", "describe": "c"}
    asked = Asked.of(MultiDict(form))
    assert [part["field"] for part in asked.tree["all"]] == ["membership_status", "total_spent"]
    page = desk.post("/segments/preview", data=form, headers=htmx).text
    assert "Added 2 conditions" in page and "Not understood: “blue eyes”" in page and 'name="c.1.field"' in page
    kept = desk.post("/segments", data={**form, "name": "X"})
    assert kept.status_code == 200 and "Not understood" in kept.text
    nothing = Asked.of(MultiDict({**form, "c.words": "  "}))
    assert nothing.tree == {"all": [{"field": "stage", "op": "is", "value": "member"}]} and nothing.told.parts == []


def test_a_condition_is_pasted_as_json_beside_what_is_there(desk, crowd):
    pasted = {"any": [{"field": "tags", "op": "has", "value": "VIP"}, {"field": "country", "op": "is", "value": "PT"}]}
    form = {"c.match": "all", "c.0.field": "total_spent", "c.0.was": "total_spent", "c.0.op": "gt", "c.0.value": "1",
            "c.words": json.dumps(pasted), "describe": "c"}
    assert Asked.of(MultiDict(form)).tree["all"][1] == pasted
    for broken, said in (('{"all": 5}', "takes a list"), ("{nonsense", "no JSON"),
                         ('{"field": "x", "op": "is"}', "no field")):
        told = Asked.of(MultiDict({**form, "c.words": broken}))
        assert said in told.told.unread[0] and len(told.tree["all"]) == 1


def test_a_line_and_a_group_are_duplicated_after_themselves(crowd):
    form = {"c.match": "any", "c.0.match": "all", "c.0.0.field": "stage", "c.0.0.was": "stage", "c.0.0.op": "is",
            "c.0.0.value": "lead", "c.1.field": "tags", "c.1.was": "tags", "c.1.op": "has", "c.1.value": "VIP"}
    copied = Asked.of(MultiDict({**form, "copy": "c.0"})).tree["any"]
    assert copied[0] == copied[1] and copied[2]["field"] == "tags" and len(copied) == 3
    inner = Asked.of(MultiDict({**form, "copy": "c.0.0"})).tree["any"]
    assert len(inner[0]["all"]) == 2 and inner[1]["field"] == "tags"


def test_five_levels_are_built_and_a_sixth_is_refused(crowd):
    form, place = {"c.match": "all"}, "c"
    for _ in range(4):
        place += ".0"
        form[f"{place}.match"] = "any"
    form |= {f"{place}.0.field": "stage", f"{place}.0.was": "stage", f"{place}.0.op": "is", f"{place}.0.value": "lead"}
    deep = Asked.of(MultiDict(form))
    assert deep.error is None and deep.total == 1
    innermost = deep.group
    for _ in range(4):
        assert innermost["nests"]
        [innermost] = innermost["parts"]
    assert not innermost["nests"]
    assert "nest at most 5 deep" in Asked.of(MultiDict({**form, f"{place}.match": "none"})).error
