"""The people of the demo, and what Second Draft sells."""
from dataclasses import dataclass
from random import Random

FIRST = ("Aiko Amara Ana Anders Anouk Ben Bianca Bo Carla Chidi Clara Cyrus Dario Dina Elif Emeka Emma Esra Farid Fay "
         "Femi Freya Gita Grace Gus Hana Hannah Hugo Ida Imani Ines Ivan Jana Jules Kai Kofi Lara Leila Leo Lina Luca "
         "Maja Marcus Mei Mila Mira Nadia Nia Niko Noor Olga Omar Pablo Petra Priya Rafael Ravi Rosa Ruth Sami Sara "
         "Sofia Sven Tara Theo Tomas Uma Vera Viktor Wanda Yara Yuki Zane Zoe").split()
LAST = ("Abara Achterberg Almeida Andersson Aoki Bakker Bell Brandt Castillo Cheng Costa Dahl Diaz Dubois Eriksen "
        "Fischer Fontaine Garcia Haddad Hansen Hughes Ito Jansen Kaya Keller Khan Kim Kowalski Larsen Lindqvist Lopez "
        "Mancini Martin Mensah Meyer Moreau Nakamura Ndiaye Novak Nunes Okafor Okonkwo Olsen Park Patel Petrov Quist "
        "Raman Reyes Rossi Sato Schmidt Silva Singh Sorensen Tanaka Torres Ueda Vega Vidal Weber Wilson Yilmaz "
        "Young Zamora").split()
COUNTRIES = (("US", 46, "America/New_York"), ("US", 14, "America/Los_Angeles"), ("GB", 12, "Europe/London"),
             ("DE", 7, "Europe/Berlin"), ("CA", 7, "America/Toronto"), ("AU", 5, "Australia/Sydney"),
             ("ES", 4, "Europe/Madrid"), ("IN", 3, "Asia/Kolkata"), ("BR", 2, "America/Sao_Paulo"))


@dataclass(frozen=True)
class Offer:
    """A plan of Second Draft: minor units for so many days."""
    id: str
    name: str
    amount: int
    days: int


CLUB = Offer("plan_ClubMonthly", "Club monthly", 4900, 30)
YEAR = Offer("plan_ClubYearly", "Club yearly", 46800, 365)
CIRCLE = Offer("plan_InnerCircle", "Inner Circle", 14900, 30)
LESSONS = ("Finding the first line", "Scenes that move", "First drafts that sell", "Dialogue people believe",
           "Cutting a third", "Endings", "Asking for feedback", "A week without editing")


@dataclass
class Member:
    """Somebody of the cast; `luck` is their own source of chance, so that one more person changes nobody's fate."""
    number: int
    name: str
    country: str
    timezone: str
    luck: Random
    plan: Offer = CLUB
    status: str = "none"
    started: object = None
    renews: object = None
    payments: int = 0
    keen: float = 0.5

    @property
    def handle(self) -> str:
        return self.name.lower().replace(" ", ".")

    @property
    def email(self) -> str:
        return f"{self.handle}{self.number}@example.com"


def cast(people: int, seed: int) -> list[Member]:
    """So many people, each with a name, a place and a temper."""
    found = []
    for number in range(people):
        luck = Random(f"{seed}:{number}")
        country, _, zone = luck.choices(COUNTRIES, [weight for _, weight, _ in COUNTRIES])[0]
        found.append(Member(number, f"{luck.choice(FIRST)} {luck.choice(LAST)}", country, zone, luck,
                            keen=luck.betavariate(2, 2)))
    return found
