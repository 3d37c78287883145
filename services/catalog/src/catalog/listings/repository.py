"""Listings and catalogue membership, kept by sets from the tables they are derived from."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from catalog.listings.languages import stemmer, stemmer_sql
from chassis.database import Transaction

# Products change under the shared lock, what groups them (catalogues, categories) under the exclusive one:
# otherwise a product and a rule that change at once would each be judged by the other's old state.
_SHARED: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('catalog:membership'))")
_EXCLUSIVE: Final = text("SELECT pg_advisory_xact_lock(hashtext('catalog:membership'))")

NORMALIZED: Final = "upper(regexp_replace({}, '[^[:alnum:]]+', '', 'g'))"
"""A code as it is looked for: capitals, letters and digits only."""

# Words only: PostgreSQL's own parser takes SET/6 for a path and 3.75 for a number.
_WORDS: Final = "regexp_replace(coalesce({}, ''), '[^[:alnum:]]+', ' ', 'g')"


def _weighed(column: str, config: str, weight: str) -> str:
    words = _WORDS.format(column)
    plain = f"setweight(to_tsvector('simple', {words}), '{weight}')"
    return f"({plain} || setweight(to_tsvector({config}, {words}), '{weight}'))"


def _document() -> str:
    """The searchable text of a product: as the ERP says it, and as it is described in every language."""
    own = stemmer_sql("t.locale")
    described = f"""(SELECT string_agg(({_weighed("t.title", own, "A")} || {_weighed("t.keywords", own, "B")}
        || {_weighed("t.description", own, "D")})::text, ' ')
        FROM product_text t WHERE t.product_id = w.id)"""
    erp = """setweight(to_tsvector('simple', said.erp)
        || to_tsvector(CAST(:config AS regconfig), said.erp), 'A')
        || setweight(to_tsvector('simple', said.grouped), 'C')"""
    # Concatenating their text form is the way to add any number of vectors up.
    return f"""({erp} || coalesce({described}::tsvector, ''::tsvector))"""


# What the listings of some products have to say. `words` stands for everything the document is made of.
_WANTED: Final = """SELECT p.id, p.external_id, p.description, said.grouped,
    coalesce((SELECT t.title FROM product_text t WHERE t.product_id = p.id AND t.locale = :locale),
        p.description, p.external_id) AS title,
    NOT p.placeholder AND NOT p.is_charge AND p.lifecycle <> 'discontinued' AS sellable,
    array_remove(ARRAY[p.id, p.brand_id, p.item_group_id], NULL) || coalesce(
        (SELECT array_agg(DISTINCT step ORDER BY step)
            FROM product_category pc JOIN category c ON c.id = pc.category_id, unnest(c.path) AS step
            WHERE pc.product_id = p.id AND NOT c.deleted), '{}') AS targets,
    md5(concat_ws(chr(31), CAST(:config AS text), coalesce(p.description, ''), said.grouped,
        (SELECT jsonb_agg(jsonb_build_array(t.locale, t.title, t.keywords, t.description) ORDER BY t.locale)
            FROM product_text t WHERE t.product_id = p.id)::text)) AS words
FROM product p LEFT JOIN brand b ON b.id = p.brand_id LEFT JOIN item_group g ON g.id = p.item_group_id,
    LATERAL (SELECT concat_ws(' ', b.external_id, g.external_id, b.names::text, g.names::text) AS grouped
        OFFSET 0) said
WHERE p.id = ANY(CAST(:ids AS text[])) OFFSET 0"""

# Most changes of a product change nothing in its listing: then its texts are not taken apart again.
_REFRESH: Final = text(
    f"""INSERT INTO listing (product_id, external_id, code, title, sellable, targets, words, document)
SELECT w.id, w.external_id, {NORMALIZED.format("w.external_id")}, w.title, w.sellable, w.targets, w.words,
    {_document()}
FROM ({_WANTED}) w LEFT JOIN listing l ON l.product_id = w.id,
    LATERAL (SELECT {_WORDS.format("w.description")} AS erp, {_WORDS.format("w.grouped")} AS grouped
        OFFSET 0) said
WHERE (l.title, l.sellable, l.targets, l.words) IS DISTINCT FROM (w.title, w.sellable, w.targets, w.words)
ORDER BY w.id
ON CONFLICT (product_id) DO UPDATE SET title = excluded.title, sellable = excluded.sellable,
    targets = excluded.targets, words = excluded.words, document = excluded.document
RETURNING product_id"""
)


def _applies(rules: str) -> str:
    """SQL: whether one of the rules in a catalogue's column names the listing `l`."""
    return f"""(jsonb_path_exists(k.{rules}, '$[*] ? (@.target == "all")') OR l.targets && (
            SELECT coalesce(array_agg(entry->>'id'), '{{}}') FROM jsonb_array_elements(k.{rules}) AS entry
            WHERE entry->>'target' <> 'all'))"""


def _wanted(products: str, catalogues: str) -> str:
    """SQL of the members there should be: what is listed by hand counts before the rules."""
    return f"""SELECT k.id AS catalogue_id, l.product_id
    FROM catalogue k JOIN listing l ON {products}
    LEFT JOIN catalogue_listed named ON named.catalogue_id = k.id AND named.product_id = l.product_id
    WHERE NOT k.deleted AND {catalogues} AND CASE
        WHEN named.excluded IS NOT NULL THEN NOT named.excluded
        ELSE {_applies("include")} AND NOT {_applies("exclude")} END"""


_MEMBERS: Final = """WITH wanted AS MATERIALIZED ({wanted}),
gone AS (
    DELETE FROM catalogue_member m WHERE {present} AND NOT EXISTS (
        SELECT 1 FROM wanted w WHERE w.catalogue_id = m.catalogue_id AND w.product_id = m.product_id))
INSERT INTO catalogue_member (catalogue_id, product_id)
SELECT catalogue_id, product_id FROM wanted ORDER BY catalogue_id, product_id ON CONFLICT DO NOTHING"""


def _members(products: str, catalogues: str, present: str) -> str:
    return _MEMBERS.format(wanted=_wanted(products, catalogues), present=present)


_MEMBERS_OF_PRODUCTS: Final = text(
    _members("l.product_id = ANY(CAST(:ids AS text[]))", "true", "m.product_id = ANY(CAST(:ids AS text[]))")
)
_MEMBERS_OF_CATALOGUE: Final = text(_members("true", "k.id = :id", "m.catalogue_id = :id"))


class Listings:
    """Keeps the derived tables in the transaction of the change they follow from."""

    def __init__(self, erp_locale: str) -> None:
        self._params = {"locale": erp_locale, "config": stemmer(erp_locale)}

    async def lock_products(self, tx: Transaction) -> None:
        """Before products change: rules and categories stay as they are until the transaction ends."""
        await tx.scalar(_SHARED)

    async def lock_rules(self, tx: Transaction) -> None:
        """Before catalogues or categories change: products stay as they are until the transaction ends."""
        await tx.scalar(_EXCLUSIVE)

    async def refresh(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """Makes the listings and memberships of these products anew; under one of the locks."""
        changed = await tx.scalars(_REFRESH, {"ids": sorted(product_ids)} | self._params)
        if changed:
            await tx.execute(_MEMBERS_OF_PRODUCTS, {"ids": changed})

    async def refresh_catalogue(self, tx: Transaction, catalogue_id: str) -> None:
        """Makes the members of a catalogue anew; under the exclusive lock."""
        await tx.execute(_MEMBERS_OF_CATALOGUE, {"id": catalogue_id})
