"""Conditions: one tree of questions with three readers.

`where(tree)` is SQL over everybody, `matches(tree, subject)` judges one, `sentence(tree)` says it in English;
`check(tree)` raises BadCondition with the path to what is wrong. A tree is `{"all": [...]}`, `{"any": [...]}`,
`{"not": {...}}` or a leaf `{"field", "op", "value"}`; the empty tree `{}` means everyone.

What is not known (NULL): `is_not`, `not_in`, `not_in_last`, `has_none`, `did_not` and `is_not_set` include it, every
other operator excludes it. `{"not": x}` is everyone whom x does not find, so it includes the unknown too.
Text compares folded (case, width). A date without a time is a day in the account's zone, `between` includes both
days; `in_last` and `in_next` roll from this moment, a month is 30 days. Money is in minor units.
"""
from .events import EVENT, deeds_field
from .kinds import KINDS
from .readings import fold, plain_key, readings
from .ready import Once, Ready
from .tree import MAX_DEPTH, MAX_LEAVES, BadCondition, canonical, digest, leaves
from .vocabulary import Field, Vocabulary

__all__ = ["EVENT", "KINDS", "MAX_DEPTH", "MAX_LEAVES", "BadCondition", "Field", "Once", "Ready", "Vocabulary",
           "canonical", "deeds_field", "digest", "fold", "leaves", "plain_key", "readings"]
