"""How a language is stemmed: pure."""

from typing import Final

_STEMMERS: Final = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
}


def stemmer(locale: str) -> str:
    """PostgreSQL's text search configuration for a locale; `simple` where there is none."""
    return _STEMMERS.get(locale.partition("-")[0], "simple")


def stemmer_sql(column: str) -> str:
    """SQL that gives the configuration for the locale in a column."""
    cases = " ".join(f"WHEN '{language}' THEN '{name}'" for language, name in _STEMMERS.items())
    return f"(CASE split_part({column}, '-', 1) {cases} ELSE 'simple' END)::regconfig"
