"""One leaf, understood: its field, its operator and its value, ready for each of the three readers."""
from functools import partial

from app.kit.dress import Dress

from . import values
from .elapsed import Elapsed, days_since
from .kinds import KINDS, NUMBER, TEXT, Op
from .readings import MICRO, microseconds, readings_of
from .tree import BadCondition


class Question:
    """`sql()`, `test(subject)` and `words()` of one leaf; making it checks it."""

    def __init__(self, vocabulary, leaf: dict, moment):
        if set(leaf) - {"field", "op", "value"}:
            raise BadCondition("a condition has field, op and value")
        name, op = leaf.get("field"), leaf.get("op")
        if name is None and op in ("did", "did_not"):
            name = "events"
        self.vocabulary, self.moment, self.given = vocabulary, moment, leaf.get("value")
        self.field = vocabulary[name]
        self.kind = self.field.kind
        if not isinstance(op, str) or op not in KINDS[self.kind]:
            raise BadCondition(f"{self.field.label} has no operator {op!r}; it has {', '.join(KINDS[self.kind])}")
        self.reading = self._reading(op) if self.kind == "free" else None
        self.name = op
        self.op: Op = KINDS[self.kind][op]
        self.value = self._parse()

    def sql(self):
        """The clause; BadCondition when the field is known only in flight."""
        if self.field.column is None:
            raise BadCondition(f"{self.field.label} cannot be asked of everybody")
        return self.op.sql(self._column(), self.value)

    def test(self, subject) -> bool:
        if self.kind == "segment":
            return self.op.test(partial(self._inside, subject), self.value)
        return self.op.test(self._known(subject), self.value)

    def words(self) -> str:
        return " ".join(filter(None, (self.field.label.lower() if self.kind != "deeds" else "", self.op.words,
                                      self._value_words())))

    def check(self) -> None:
        """Go through what is only looked at when a segment or an event is asked."""
        for segment_id in self._segments():
            _, tree, trail = self.vocabulary.referred(segment_id, self.moment)
            self.vocabulary.where(tree, self.moment.now, trail)

    def _reading(self, op: str) -> str:
        """Which reading of a free value this operator asks for: text, number or date."""
        given = self.given if isinstance(self.given, list | tuple) else [self.given]
        numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in given) and given
        if op == "between":
            numeric = all("n" in readings_of(one) for one in given)
        if op in ("before", "after", "in_last", "not_in_last", "in_next") or (op == "between" and not numeric):
            self.kind = "date"
            return "d"
        self.kind = "number" if op not in TEXT or (numeric and op in NUMBER and op != "is_set") else "text"
        return "n" if self.kind == "number" else "t"

    def _parse(self):
        takes, one = self.op.takes, self._one
        if takes == "nothing":
            return None
        if takes == "one":
            return one(self.given)
        if takes == "many":
            return values.many(self.given, one)
        if takes == "deed":
            return self.field.clean(self.given, self.moment)
        if takes == "two":
            low, high = values.pair(self.given, one)
            low, high = (low[0], high[1]) if self.kind == "date" else (low, high)
            if low > high:
                raise BadCondition("the first value must not be above the second")
            return self._reading_of((low, high))
        span, now = values.span(self.given), self.moment.now
        return self._reading_of((now - span, now) if takes == "last" else (now, now + span))

    def _one(self, value):
        """One value in the form its kind compares."""
        if self.kind in ("number", "money", "days"):
            parsed = values.number(value)
            return parsed * MICRO if self.reading else parsed
        if self.kind == "date":
            found = values.day(value, self.moment.zone)
            return found if self.op.takes == "two" else self._reading_of(found)
        if self.kind == "bool":
            return values.truth(value)
        if self.kind in ("text", "tags"):
            return " ".join(values.text(value).split()) if self.kind == "tags" else values.text(value)
        if not isinstance(value, str) or not value.strip() or len(value) > 500 or "\x00" in value:
            raise BadCondition(f"{value!r} is not a value of {self.field.label}")
        return self.field.clean(value) if self.field.clean else value.strip()

    def _reading_of(self, pair):
        return tuple(map(microseconds, pair)) if self.reading == "d" else pair

    def _column(self):
        if self.kind == "days":
            return Elapsed(self.field.column, self.moment.now)
        if self.reading:
            return self.field.column(self.reading)
        if self.kind == "segment":
            return self._segment_clause
        return self.field.column

    def _known(self, subject):
        value = self.field.value_of(subject)
        if self.kind == "days":
            return days_since(value, self.moment.now)
        if self.reading or self.kind == "text":
            return readings_of(value).get(self.reading or "t")
        return value

    def _segments(self):
        return (self.value if isinstance(self.value, list) else [self.value]) if self.kind == "segment" else []

    def _segment_clause(self, ids):
        from sqlalchemy import or_
        clauses = []
        for segment_id in ids:
            _, tree, trail = self.vocabulary.referred(segment_id, self.moment)
            clauses.append(self.vocabulary.where({"not": {"not": tree}}, self.moment.now, trail))
        return or_(*clauses)

    def _inside(self, subject, ids):
        for segment_id in ids:
            _, tree, trail = self.vocabulary.referred(segment_id, self.moment)
            if self.vocabulary.matches(tree, subject, self.moment.now, trail):
                return True
        return False

    def _value_words(self) -> str:
        given, takes = self.given, self.op.takes
        if takes == "nothing":
            return ""
        if takes in ("last", "next"):
            return values.span_words(given)
        if takes == "deed":
            return self.field.read(given)
        if takes == "many":
            return ", ".join(map(self._said, given))
        return " and ".join(map(self._said, given)) if takes == "two" else self._said(given)

    def _said(self, value) -> str:
        dress = Dress(account=self.vocabulary.account)
        if self.kind == "money":
            return dress.money(int(values.number(value)))
        if self.kind in ("number", "days"):
            return f"{values.number(value):,f}" + (" days" if self.kind == "days" else "")
        if self.kind == "segment":
            return self.vocabulary.referred(value, self.moment)[0]
        if self.kind == "bool":
            return "yes" if self.value else "no"
        label = self.field.called(self.field.clean(value) if self.field.clean else value, value)
        return f"“{label}”" if self.kind in ("tags", "text") else str(label)
