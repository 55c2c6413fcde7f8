"""Two hundred invented small businesses: the same ones every time."""

from dataclasses import dataclass

from adminapp.demo.behaviours import Behaviour, behaviours
from adminapp.demo.words import LANGUAGES, TRADES, Language, Wording

SYSTEMS = (
    "WordPress", "WooCommerce", "Elementor", "plain", "TYPO3", "Joomla", "WordPress", "Hugo", "Drupal",
)  # fmt: skip
NETWORKS = ("facebook.com", "instagram.com", "linkedin.com/company", "youtube.com/@")


@dataclass(frozen=True, slots=True)
class Site:
    """`host` is without a port; `system` is what the site was made with."""

    number: int
    host: str
    behaviour: Behaviour
    language: Language
    wording: Wording
    system: str
    name: str
    family: str
    city: str
    year: int
    phone: str
    email: str

    @property
    def handle(self) -> str:
        return self.host.partition(".")[0]

    @property
    def socials(self) -> list[str]:
        """Profiles elsewhere, one to three of them."""
        first = self.number % len(NETWORKS)
        chosen = (NETWORKS * 2)[first : first + 1 + self.number % 3]
        return [f"https://www.{network}/{self.handle}".replace("@/", "@") for network in chosen]


def sites() -> list[Site]:
    return [_site(number, behaviour) for number, behaviour in enumerate(behaviours())]


def _site(number: int, behaviour: Behaviour) -> Site:
    trade = list(TRADES)[number * 3 % len(TRADES)]
    language = LANGUAGES[number // len(TRADES) % len(LANGUAGES)]
    # Only these have letters that come out wrong.
    if behaviour is Behaviour.MISLABELLED and language.code == "en":
        language = LANGUAGES[1]
    wording = TRADES[trade][language.code]
    family = language.families[number * 5 % len(language.families)]
    city = language.cities[number * 7 // 3 % len(language.cities)]
    pattern = language.names[number // 2 % len(language.names)]
    handle = f"{trade}-{number:03}"
    return Site(
        number=number,
        host=f"{handle}.localhost",
        behaviour=behaviour,
        language=language,
        wording=wording,
        system=SYSTEMS[number * 4 // 3 % len(SYSTEMS)],
        name=pattern.format(family=family, what=wording.what, city=city),
        family=family,
        city=city,
        year=1899 + number * 37 % 120,
        phone=language.phone.format(number),
        # A name that nobody has: those that are reserved are taken for what they are, examples.
        email=f"{('info', 'hello', 'post', 'shop')[number % 4]}@{handle}.sample-sites.town",
    )
