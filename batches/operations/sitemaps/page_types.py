"""What kind of page an address may lead to: a guess by its path, made of every page of a million."""

PAGE_TYPES = ("home", "page", "post", "product", "category", "tag", "image", "video", "pdf")

_ENDINGS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp", "tif", "tiff"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "avi", "mkv", "m4v", "wmv", "flv", "mpg", "mpeg"), "video"),
    "pdf": "pdf",
}  # fmt: skip
# Folders, in English and in what shops and blogs elsewhere call them.
_FOLDERS = {
    **dict.fromkeys(("product", "products", "produkt", "produkte", "producto", "productos", "produit", "produits",
                     "prodotto", "prodotti", "item", "items", "dp", "p", "shop"), "product"),
    **dict.fromkeys(("category", "categories", "product-category", "collection", "collections", "kategorie",
                     "kategorien", "categoria", "categorias", "categorie", "c", "cat", "catalog", "brand",
                     "brands"), "category"),
    **dict.fromkeys(("tag", "tags", "product-tag", "topic", "topics", "label", "labels", "schlagwort"), "tag"),
    **dict.fromkeys(("blog", "blogs", "post", "posts", "news", "article", "articles", "artikel", "story",
                     "stories", "press", "magazine", "magazin", "actualites", "noticias", "aktuelles"), "post"),
    **dict.fromkeys(("video", "videos", "watch"), "video"),
    **dict.fromkeys(("page", "pages"), "page"),
}  # fmt: skip
# Of WordPress without permalinks.
_QUERIES = {
    "p": "post", "page_id": "page", "cat": "category", "tag": "tag", "product": "product",
    "product_cat": "category", "product_tag": "tag",
}  # fmt: skip
# In names of sitemaps, the more telling first: "product_cat-sitemap.xml" is about categories.
_NAMES = (
    ("product_tag", "tag"), ("post_tag", "tag"), ("cat", "category"), ("collection", "category"),
    ("taxonom", "category"), ("tag", "tag"), ("product", "product"), ("blog", "post"), ("post", "post"),
    ("news", "post"), ("article", "post"), ("video", "video"),
)  # fmt: skip
_MOST_FOLDERS = 8


def page_type(url: str, otherwise: str = "page") -> str:
    """One of PAGE_TYPES, of an absolute address; `otherwise` where its path doesn't tell."""
    path, _, query = url[:500].partition("#")[0].partition("?")
    folders = path.lower().split("/", 3 + _MOST_FOLDERS)[3 : 3 + _MOST_FOLDERS]
    names = [name for name in folders if name]
    if not names:
        return _QUERIES.get(query.partition("=")[0], "home")
    stem, dot, ending = names[-1].rpartition(".")
    if dot and ending in _ENDINGS:
        return _ENDINGS[ending]
    # A folder tells what is in it; a script, what it shows.
    return _by_folders([*names[:-1], stem or ending] if query else names[:-1]) or otherwise


def _by_folders(names: list[str]) -> str:
    """The deepest that tells counts: in /shop/category/shoes it is the second."""
    for name in reversed(names):
        if name in _FOLDERS:
            return _FOLDERS[name]
    # /2026/05/some-title
    dated = len(names) > 1 and len(names[0]) == 4 and names[0].isdecimal() and names[1].isdecimal()
    return "post" if dated else ""


def told_by(sitemap: str) -> str:
    """What pages a sitemap has, by its own name: systems write one for each kind. "page" where it doesn't tell."""
    name = sitemap.partition("?")[0].rpartition("/")[2].lower()
    return next((kind for sign, kind in _NAMES if sign in name), "page")
