"""What a measurement says, and how its rows become a table."""
from dataclasses import asdict, dataclass, field


@dataclass
class Result:
    """One line: our figure, the floor's beside it, their ratio, the aim in words, and whether it holds."""
    row: str
    ours: float
    unit: str = "ms"
    floor: float | None = None
    aim: str = ""
    ok: bool | None = None
    note: str = ""
    more: dict = field(default_factory=dict)         # kept in the JSON, not in the table

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None

    def as_json(self) -> dict:
        return {**asdict(self), "ratio": self.ratio}

    def cells(self) -> list[str]:
        ok = {True: "yes", False: "**no**", None: ""}[self.ok]
        return [self.row, f"{_plain(self.ours)} {self.unit}", f"{_plain(self.floor)} {self.unit}" if self.floor else "",
                f"{self.ratio:.2f}" if self.ratio else "", self.aim, ok, self.note]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    lines = [["row", "ours", "floor", "ratio", "aim", "ok", "note"], ["---"] * 7, *(one.cells() for one in results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
