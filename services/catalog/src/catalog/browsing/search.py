"""Finding products by what somebody typed: the interface, and PostgreSQL behind it."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

import re
from typing import Final, Protocol

from catalog.audiences.predicate import Statement
from catalog.listings.languages import stemmer

_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 12
_TIER: Final = 10_000_000_000


class ProductSearch(Protocol):
    """A search engine: it proposes and ranks; which of its finds somebody sees, the predicate decides."""

    def relation(self, statement: Statement, text: str, locale: str, account_id: str | None) -> str:
        """SQL of a relation (product_id, rank bigint): the finds, the best with the lowest rank.

        `account_id`: whose own article numbers are codes too. Another engine binds its ids and ranks here.
        """
        ...


def normalized_code(text: str) -> str:
    """A code as it is looked for: capitals, letters and digits only."""
    return "".join(_WORD.findall(text)).upper()


def words(text: str) -> list[str]:
    """What is searched for, in lower case."""
    return [word.lower() for word in _WORD.findall(text)[:_MOST_WORDS]]


def readings(found: list[str]) -> list[list[str]]:
    """What was typed, and the same with two neighbours as one word: "cake stand" may be a cakestand."""
    joined = [
        [*found[:place], found[place] + found[place + 1], *found[place + 2 :]]
        for place in range(len(found) - 1)
    ]
    return [found, *joined]


class PostgresSearch:
    """Exact codes, then beginnings of codes, then titles that say it just so, then every word somehow.

    A word counts by its stem in the language or by its beginning.
    """

    def relation(self, statement: Statement, text: str, locale: str, account_id: str | None) -> str:
        """SQL of the finds; nothing is found by a text without a letter or digit."""
        found = words(text)
        if not found:
            return "(SELECT NULL::text AS product_id, 0::bigint AS rank WHERE false)"
        code = statement.bind(normalized_code(text))
        parts = [*self._codes(statement, code, account_id), self._texts(statement, found, locale)]
        return (
            f"(SELECT product_id, min(rank)::bigint AS rank FROM ({' UNION ALL '.join(parts)}) f GROUP BY 1)"
        )

    def _codes(self, statement: Statement, code: str, account_id: str | None) -> list[str]:
        own = (
            "(c.kind <> 'customer' OR EXISTS (SELECT 1 FROM account a WHERE a.source = c.account_source "
            f"AND a.external_id = c.account_external_id AND a.id = {statement.bind(account_id)}::text))"
        )
        begins = f"starts_with({{}}, {code}) AND length({code}) >= 3"
        # A range beside the beginning lets the index find it (the columns are in the C collation).
        begins = f"{{0}} >= {code} AND {{0}} < {code} || chr(1114109) AND " + begins.replace("{}", "{0}")
        return [
            f"SELECT l.product_id, 0 AS rank FROM listing l WHERE l.code = {code}",
            "SELECT c.product_id, 0 FROM product_code c "
            f"WHERE c.normalized = {code} AND NOT c.deleted AND {own}",
            f"SELECT l.product_id, {_TIER} FROM listing l WHERE {begins.format('l.code')}",
            f"SELECT c.product_id, {_TIER} FROM product_code c "
            f"WHERE {begins.format('c.normalized')} AND NOT c.deleted AND {own}",
        ]

    def _texts(self, statement: Statement, found: list[str], locale: str) -> str:
        config = f"{statement.bind(stemmer(locale))}::text::regconfig"
        groups = readings(found)
        numbers = statement.bind([number for number, group in enumerate(groups) for _ in group])
        typed = statement.bind([word for group in groups for word in group])
        phrase = statement.bind(" <-> ".join(f"'{word}'" for word in found) + ":*")
        # Both are made once and not beside each row: a plan is older than the parameters it is given. Words
        # that mean nothing in the language (of, the) are left out, unless nothing else was typed.
        query = f"""SELECT string_agg('(' || reading || ')', ' | ')::tsquery AS q,
            {phrase}::text::tsquery AS phrase FROM (
            SELECT coalesce(
                string_agg(format('(''%s'':* | ''%s'')', word, stem), ' & ') FILTER (WHERE stem IS NOT NULL),
                string_agg(format('''%s'':*', word), ' & ')) AS reading
            FROM (SELECT number, word, (tsvector_to_array(to_tsvector({config}, word)))[1] AS stem
                FROM unnest({numbers}::int[], {typed}::text[]) AS t (number, word)) w GROUP BY number) r"""
        score = "least(ts_rank_cd('{0.1, 0.3, 0.6, 1.0}', l.document, q, 1) * 1000000, 900000000)::bigint"
        as_typed = f"CASE WHEN l.document @@ phrase THEN {_TIER} ELSE 0 END"
        return (
            f"SELECT l.product_id, {3 * _TIER} - {as_typed} - {score} * 10 + least(length(l.title), 9) "
            f"FROM listing l, ({query}) typed WHERE l.document @@ q"
        )
