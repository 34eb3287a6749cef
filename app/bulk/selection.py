"""Whom something is done to: ticked people, everybody a list finds, a segment, or a condition."""
from dataclasses import dataclass, field

from app.people import PERSON, Listing, Person, counted
from app.spine.conditions import BadCondition

MOST = 1000                          # people named one by one


@dataclass(frozen=True)
class Selection:
    """`ids` (public), or the `words` of a search and the condition `tree`, or both of these."""
    ids: tuple[str, ...] = ()
    words: str = ""
    tree: dict = field(default_factory=dict)

    @classmethod
    def of(cls, form, args) -> "Selection":
        """From a form of ticks and the address of the list they stand in; ValueError when nobody is chosen."""
        if form.get("everything"):
            listing = Listing.of(args)
            return cls(words=listing.words, tree=listing.tree)
        ids = tuple(dict.fromkeys(form.getlist("ids")))[:MOST]
        if not ids:
            raise ValueError("Choose somebody first.")
        return cls(ids=ids)

    @classmethod
    def told(cls, kept: dict) -> "Selection":
        """From what `kept` gave."""
        return cls(tuple(kept.get("ids") or ()), kept.get("q", ""), kept.get("condition") or {})

    @property
    def kept(self) -> dict:
        """As JSON."""
        return {"ids": list(self.ids)} if self.ids else {"q": self.words, "condition": self.tree}

    @property
    def people(self):
        """All of them, as a select; raises BadCondition."""
        if self.ids:
            return Person.everyone().where(Person.public_id.in_(self.ids))
        found = Person.search(self.words) if self.words else Person.everyone()
        return found.where(PERSON.where(self.tree)) if self.tree else found

    def size(self) -> int:
        return counted(self.people)

    def sentence(self) -> str:
        """Who they are, in words."""
        if self.ids:
            return "the people you ticked"
        try:
            said = PERSON.sentence(self.tree) if self.tree else "everyone"
        except BadCondition:
            said = "a condition that cannot be asked any more"
        return f"{said}, found by “{self.words}”" if self.words else said
