"""What the sample sites say, in four languages. The businesses are invented."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """A trade in one language: what it is called, what it promises, what it sells."""

    what: str
    promise: str
    offers: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """`intros`, `visits` and `names` have places for what differs from site to site."""

    code: str
    names: tuple[str, ...]
    families: tuple[str, ...]
    cities: tuple[str, ...]
    phone: str
    home: str
    about: str
    contact: str
    contact_path: str
    hours: str
    hours_text: tuple[str, str]
    intros: tuple[str, str, str]
    visits: tuple[str, str]
    write: str
    call: str
    follow: str
    rights: str
    not_found: str


# Numbers that no one can be reached at: Ofcom and the Bundesnetzagentur keep them for films.
LANGUAGES = (
    Language(
        code="en",
        names=("{family} & Daughters {what}", "The {city} {what}", "{family}'s {what}"),
        families=("Hartley", "Okafor", "Penrose", "Whitlock", "Ashby", "Marlowe", "Trent"),
        cities=("Whitby", "Ludlow", "Falmouth", "Hexham", "Totnes", "Skipton"),
        phone="+44 1632 960{:03}",
        home="Home",
        about="About us",
        contact="Contact",
        contact_path="/contact",
        hours="Opening hours",
        hours_text=("Tuesday to Saturday, 8 am to 5 pm", "Monday to Friday, 9 am to 6 pm"),
        intros=(
            "{name} has been part of {city} since {year}. Most of our customers come back, and many"
            " of them bring a neighbour.",
            "We opened our doors in {city} in {year} with one idea: do a few things, and do them"
            " properly.",
            "A family business in the third generation, at home in {city}. {family} still answers"
            " the telephone.",
        ),
        visits=(
            "You will find us two minutes from the market in {city}.",
            "Parking behind the house.",
        ),
        write="Write to us",
        call="Call us",
        follow="Follow us",
        rights="All rights reserved.",
        not_found="This page has moved out.",
    ),
    Language(
        code="de",
        names=("{what} {family}", "{what} am Markt, {city}", "{family} & Söhne, {what}"),
        families=("Brückner", "Yıldız", "Hölscher", "Kästner", "Lindemann", "Vogt", "Möller"),
        cities=("Lüneburg", "Görlitz", "Tübingen", "Celle", "Würzburg", "Husum"),
        phone="+49 30 23125{:03}",
        home="Startseite",
        about="Über uns",
        contact="Kontakt",
        contact_path="/kontakt",
        hours="Öffnungszeiten",
        hours_text=("Dienstag bis Samstag, 8 bis 17 Uhr", "Montag bis Freitag, 9 bis 18 Uhr"),
        intros=(
            "{name} gehört seit {year} zu {city}. Die meisten unserer Kunden kommen wieder, viele"
            " bringen ihre Nachbarn mit.",
            "{year} haben wir in {city} angefangen, mit einem einzigen Vorsatz: lieber weniger, das"
            " aber gründlich.",
            "Ein Familienbetrieb in dritter Generation, zu Hause in {city}. Ans Telefon geht immer"
            " noch {family} persönlich.",
        ),
        visits=("Sie finden uns zwei Minuten vom Markt in {city}.", "Parkplätze hinter dem Haus."),
        write="Schreiben Sie uns",
        call="Rufen Sie an",
        follow="Folgen Sie uns",
        rights="Alle Rechte vorbehalten.",
        not_found="Diese Seite ist ausgezogen.",
    ),
    Language(
        code="fr",
        names=("{what} {family}", "{what} du Vieux {city}", "Maison {family}, {what}"),
        families=("Lefèvre", "Benoît", "Garçon", "Dupré", "Marchand", "Roussel", "Diallo"),
        cities=("Honfleur", "Saumur", "Sète", "Épinal", "Cahors", "Vitré"),
        phone="+33 1 99 00 {:04}",
        home="Accueil",
        about="À propos",
        contact="Contact",
        contact_path="/contactez-nous",
        hours="Horaires d'ouverture",
        hours_text=("Du mardi au samedi, de 8 h à 17 h", "Du lundi au vendredi, de 9 h à 18 h"),
        intros=(
            "{name} fait partie de {city} depuis {year}. Nos clients reviennent, souvent avec un"
            " voisin.",
            "Nous avons ouvert à {city} en {year} avec une seule idée : faire peu de choses, et bien"
            " les faire.",
            "Une entreprise familiale, troisième génération, chez elle à {city}. C'est toujours"
            " {family} qui décroche.",
        ),
        visits=("À deux minutes du marché de {city}.", "Stationnement derrière la maison."),
        write="Écrivez-nous",
        call="Appelez-nous",
        follow="Suivez-nous",
        rights="Tous droits réservés.",
        not_found="Cette page a déménagé.",
    ),
    Language(
        code="es",
        names=("{what} {family}", "{what} de {city}", "{what} Hermanos {family}"),
        families=("Ibáñez", "Núñez", "Peña", "Larrañaga", "Soler", "Castaño", "Vidal"),
        cities=("Cáceres", "Ávila", "Soria", "Mérida", "Jaén", "Lugo"),
        phone="+34 910 000 {:03}",
        home="Inicio",
        about="Quiénes somos",
        contact="Contacto",
        contact_path="/contacto",
        hours="Horario",
        hours_text=("De martes a sábado, de 8 a 17 h", "De lunes a viernes, de 9 a 18 h"),
        intros=(
            "{name} forma parte de {city} desde {year}. La mayoría de nuestros clientes vuelve, y"
            " muchos traen a un vecino.",
            "Abrimos en {city} en {year} con una sola idea: hacer pocas cosas y hacerlas bien.",
            "Una empresa familiar de tercera generación, en {city}. Todavía es {family} quien coge"
            " el teléfono.",
        ),
        visits=("Estamos a dos minutos del mercado de {city}.", "Aparcamiento detrás de la casa."),
        write="Escríbanos",
        call="Llámenos",
        follow="Síganos",
        rights="Todos los derechos reservados.",
        not_found="Esta página se ha mudado.",
    ),
)

# Trade → language → wording. The trade is also the first half of a site's host name.
TRADES: dict[str, dict[str, Wording]] = {
    "bakery": {
        "en": Wording("Bakery", "Bread that takes its time.", ("Sourdough loaf", "Rye with caraway", "Cinnamon buns", "Seeded rolls")),
        "de": Wording("Bäckerei", "Brot, das sich Zeit nimmt.", ("Roggenmischbrot", "Laugenbrezeln", "Zimtschnecken", "Körnerbrötchen")),
        "fr": Wording("Boulangerie", "Du pain qui prend son temps.", ("Pain au levain", "Baguette de tradition", "Brioche", "Tarte aux pommes")),
        "es": Wording("Panadería", "Pan hecho sin prisa.", ("Pan de masa madre", "Hogaza de centeno", "Ensaimadas", "Empanada gallega")),
    },
    "bicycles": {
        "en": Wording("Bicycle Shop", "Back on the road by Friday.", ("Full service", "Wheel building", "Touring bikes", "Children's bikes")),
        "de": Wording("Fahrradladen", "Bis Freitag rollt es wieder.", ("Inspektion", "Laufradbau", "Reiseräder", "Kinderräder")),
        "fr": Wording("Cycles", "De retour sur la route vendredi.", ("Révision complète", "Montage de roues", "Vélos de voyage", "Vélos pour enfants")),
        "es": Wording("Bicicletas", "El viernes, otra vez en marcha.", ("Revisión completa", "Montaje de ruedas", "Bicicletas de viaje", "Bicicletas infantiles")),
    },
    "books": {
        "en": Wording("Bookshop", "We have read it, ask us.", ("New novels", "Second-hand maps", "Picture books", "Reading evenings")),
        "de": Wording("Buchhandlung", "Wir haben es gelesen, fragen Sie uns.", ("Neue Romane", "Alte Landkarten", "Bilderbücher", "Leseabende")),
        "fr": Wording("Librairie", "Nous l'avons lu, demandez-nous.", ("Romans récents", "Cartes anciennes", "Albums jeunesse", "Soirées lecture")),
        "es": Wording("Librería", "Lo hemos leído, pregúntenos.", ("Novelas recientes", "Mapas antiguos", "Álbumes ilustrados", "Tardes de lectura")),
    },
    "dentist": {
        "en": Wording("Dental Practice", "Gentle, and on time.", ("Check-ups", "Fillings", "Crowns", "Children's dentistry")),
        "de": Wording("Zahnarztpraxis", "Behutsam und pünktlich.", ("Vorsorge", "Füllungen", "Kronen", "Kinderzahnheilkunde")),
        "fr": Wording("Cabinet dentaire", "En douceur, et à l'heure.", ("Contrôles", "Soins des caries", "Couronnes", "Dentisterie pour enfants")),
        "es": Wording("Clínica dental", "Con cuidado y puntual.", ("Revisiones", "Empastes", "Coronas", "Odontología infantil")),
    },
    "florist": {
        "en": Wording("Florist", "Flowers from the fields around us.", ("Bouquets", "Wedding flowers", "Wreaths", "Potted herbs")),
        "de": Wording("Blumenhaus", "Blumen von den Feldern ringsum.", ("Sträuße", "Hochzeitsfloristik", "Kränze", "Kräuter im Topf")),
        "fr": Wording("Fleuriste", "Les fleurs des champs voisins.", ("Bouquets", "Fleurs de mariage", "Couronnes", "Herbes en pot")),
        "es": Wording("Floristería", "Flores de los campos de alrededor.", ("Ramos", "Flores de boda", "Coronas", "Hierbas en maceta")),
    },
    "joinery": {
        "en": Wording("Joinery", "Measured twice, made once.", ("Fitted kitchens", "Oak staircases", "Sash windows", "Repairs")),
        "de": Wording("Tischlerei", "Zweimal messen, einmal sägen.", ("Einbauküchen", "Eichentreppen", "Holzfenster", "Reparaturen")),
        "fr": Wording("Menuiserie", "Mesurer deux fois, couper une fois.", ("Cuisines sur mesure", "Escaliers en chêne", "Fenêtres en bois", "Réparations")),
        "es": Wording("Carpintería", "Medir dos veces, cortar una.", ("Cocinas a medida", "Escaleras de roble", "Ventanas de madera", "Reparaciones")),
    },
    "optician": {
        "en": Wording("Opticians", "See the difference, gladly explained.", ("Eye tests", "Reading glasses", "Contact lenses", "Repairs while you wait")),
        "de": Wording("Optik", "Gut sehen, gut erklärt.", ("Sehtests", "Lesebrillen", "Kontaktlinsen", "Sofortreparatur")),
        "fr": Wording("Optique", "Bien voir, bien expliqué.", ("Examens de vue", "Lunettes de lecture", "Lentilles", "Réparation immédiate")),
        "es": Wording("Óptica", "Ver bien, bien explicado.", ("Exámenes de la vista", "Gafas de lectura", "Lentillas", "Reparación inmediata")),
    },
    "pottery": {
        "en": Wording("Pottery", "Thrown, glazed and fired in one room.", ("Everyday bowls", "Tea sets", "Saturday courses", "Tiles to order")),
        "de": Wording("Töpferei", "Gedreht, glasiert und gebrannt in einem Raum.", ("Schalen für jeden Tag", "Teeservice", "Kurse am Samstag", "Fliesen nach Maß")),
        "fr": Wording("Poterie", "Tournée, émaillée et cuite sur place.", ("Bols de tous les jours", "Services à thé", "Cours du samedi", "Carreaux sur commande")),
        "es": Wording("Alfarería", "Torneada, esmaltada y cocida aquí.", ("Cuencos de diario", "Juegos de té", "Cursos de sábado", "Azulejos por encargo")),
    },
}  # fmt: skip
