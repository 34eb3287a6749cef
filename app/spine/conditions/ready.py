"""Trees that are asked again and again: read once, judged many times, stopping at the first answer that decides."""
from .asking import Question
from .tree import walk

ROLLING = ("date", "days", "deeds", "segment")      # what these mean depends on the moment, or on other rows


class Ready:
    """A tree understood once. `matches` answers as the vocabulary's own does for a tree that can be asked."""

    def __init__(self, vocabulary, tree):
        self.vocabulary = vocabulary
        self.ask = walk(tree, self._leaf, self._joint)

    def matches(self, subject, now) -> bool:
        """Raises BadCondition for a tree that cannot be asked, unless it was decided before the broken part."""
        return self.ask(subject, now)

    def _leaf(self, leaf, _path):
        vocabulary = self.vocabulary
        kind = vocabulary[leaf["field"]].kind if leaf.get("field") else "deeds"
        if kind in ROLLING or kind == "free":
            return lambda subject, now: Question(vocabulary, leaf, vocabulary._moment(now, ())).test(subject)
        return self._fixed(Question(vocabulary, leaf, vocabulary._moment(None, ())))

    @staticmethod
    def _fixed(asked):
        return lambda subject, now: asked.test(subject)

    @staticmethod
    def _joint(name, parts):
        if name == "not":
            return lambda subject, now: not parts[0](subject, now)
        decides = name == "any"

        def ask(subject, now):
            return next((decides for part in parts if bool(part(subject, now)) is decides), not decides)
        return ask


class Once:
    """A subject whose attributes are read once, however many trees ask for them."""

    def __init__(self, subject):
        self._subject = subject

    def __getattr__(self, name):
        value = self.__dict__[name] = getattr(self._subject, name)
        return value
