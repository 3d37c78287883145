"""The shared value types of the wire: texts, keys, codes, decimals, money, dates; strict, with bounds.

Decimals are strings on the wire: a JSON number is refused where a decimal belongs (feeds of an ERP have
their own readers, which accept it from its digits).
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from chassis.strict_json import JsonNumber

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # Unicode category Cc, whole
_CONTROL_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_WHOLE: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?", re.ASCII)


def has_control(text: str) -> bool:
    """Whether the text holds a control character (Unicode category Cc)."""
    return _CONTROL.search(text) is not None


def _no_control(text: str) -> str:
    if has_control(text):
        raise PydanticCustomError("control_character", "control characters are not allowed here")
    return text


NoControl: Final = AfterValidator(_no_control)
"""What a text of a form of its own adds: no control characters."""


def _digits(value: Any) -> Any:
    # Of the text of a parameter Pydantic would also take "1.0" and "1_0" for a whole number.
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise PydanticCustomError("int_parsing", "a whole number is written in digits")
    return value


Digits: Final = BeforeValidator(_digits)
"""What a whole number in a parameter adds: digits and nothing else."""


def _text(text: str) -> str:
    if _CONTROL_IN_TEXT.search(text):
        raise PydanticCustomError("control_character", "control characters are not allowed here")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "a value is required here")
    return text


Line = Annotated[
    str,
    Strict(),
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(_no_control),
    AfterValidator(_not_blank),
]
"""One line of text that says something: 1 to 255 characters."""

LongText = Annotated[str, Strict(), StringConstraints(max_length=20_000), AfterValidator(_text)]
"""Text with line breaks, up to 20,000 characters, possibly empty."""

SearchText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_no_control)]
"""What somebody typed into a search box: up to 200 characters."""

ExternalKey = Annotated[
    str, Strict(), StringConstraints(min_length=1, max_length=64), AfterValidator(_no_control)
]
"""A key of the ERP: exact characters, 1 to 64, never trimmed, never folded."""

Slug = Annotated[str, Strict(), StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A short name for machines: lower-case letters, digits, _ and -."""

Identifier = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
"""One of our ids: a UUID in lower-case text."""

CurrencyCode = Annotated[str, Strict(), StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 alphabetic code."""

CountryCode = Annotated[str, Strict(), StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2 code."""

Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""Language, with country where it matters: nl, nl-BE (BCP 47)."""

LocaleOrNone = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")]
"""The same, or empty for what is of no language. One pattern: a wrong one is named by its field alone."""

MailAddress = Annotated[
    str,
    Strict(),
    StringConstraints(
        max_length=254, pattern=r"^[^\s@,;<>\"()\[\]\\]{1,64}@[^\s@,;<>\"()\[\]\\]+\.[^\s@,;<>\"()\[\]\\.]+$"
    ),
    AfterValidator(_no_control),
]
"""A mail address (RFC 5321 lengths, the dot-atom form people have)."""


def _secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("string_unicode", "this is no Unicode text") from error
    _no_control(text)
    return value


Secret = Annotated[SecretStr, Field(min_length=1, max_length=2000), AfterValidator(_secret)]
"""A secret somebody hands over: hidden in logs, 1 to 2,000 characters."""

Flag = Annotated[bool, Strict()]
"""true or false, nothing that merely looks like it."""

Count = Annotated[int, Strict(), Field(ge=0, le=2_147_483_647)]
"""A whole number from 0 that fits a 32-bit column."""


def _moment_from_text(value: Any) -> Any:
    # Pydantic alone would also take seconds since 1970 ("1700000000").
    if not (isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value))):
        raise PydanticCustomError("moment", "a time is text as in 2026-01-31T12:00:00Z")
    return value


def _day_from_text(value: Any) -> Any:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not (is_day or (isinstance(value, str) and _DAY.fullmatch(value))):
        raise PydanticCustomError("day", "a date is text as in 2026-01-31")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # the first or last hours there are, seen from another zone
        raise PydanticCustomError("out_of_range", "a time between the years 1 and 9999") from error


Moment = Annotated[AwareDatetime, BeforeValidator(_moment_from_text), AfterValidator(_in_utc)]
"""A moment in UTC (RFC 3339 with its offset)."""

Day = Annotated[date, BeforeValidator(_day_from_text)]
"""A calendar date (RFC 3339 full-date)."""


def plain(value: Decimal) -> str:
    """A decimal as the wire writes it: no exponent, no needless zeros behind the point."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def read_decimal(value: Any, *, scale: int, digits: int) -> Decimal:
    """A decimal from text (or one already read), bounded to `digits` before and `scale` behind the point."""
    if isinstance(value, Decimal) and not isinstance(value, JsonNumber):
        value = format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else "not finite"
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("decimal", 'a decimal is text as in "12.50": digits and one point')
    whole, _, fraction = value.lstrip("-").partition(".")
    if len(fraction.rstrip("0")) > scale:
        raise PydanticCustomError("too_many_decimals", "at most {scale} decimals", {"scale": scale})
    if len(whole) > digits:
        raise PydanticCustomError(
            "out_of_range", "at most {digits} digits before the point", {"digits": digits}
        )
    return Decimal(value)


def _wire(description: str, pattern: str = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$") -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "description": description, "examples": ["12.5"]}
    )


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise PydanticCustomError("not_positive", "more than zero")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise PydanticCustomError("negative", "zero or more")
    return value


def _six(value: Any) -> Decimal:
    return read_decimal(value, scale=6, digits=12)


def _two_to_four(value: Any) -> Decimal:
    return read_decimal(value, scale=4, digits=14)


_AS_TEXT: Final = PlainSerializer(plain, return_type=str)

Amount = Annotated[
    Decimal, BeforeValidator(_two_to_four), _AS_TEXT, _wire("An amount in the currency's units")
]
"""A sum of money, up to 4 decimals (the currency's minor unit has at most 4)."""

UnitPrice = Annotated[
    Decimal,
    BeforeValidator(_six),
    AfterValidator(_not_negative),
    _AS_TEXT,
    _wire("A price per unit, up to 6 decimals"),
]
"""A price per unit: zero or more, numeric(18,6)."""

Quantity = Annotated[
    Decimal, BeforeValidator(_six), AfterValidator(_positive), _AS_TEXT, _wire("A quantity, up to 6 decimals")
]
"""How many: more than zero, numeric(18,6)."""

StockQuantity = Annotated[Decimal, BeforeValidator(_six), _AS_TEXT, _wire("A quantity, possibly negative")]
"""A stock level: an ERP's may be below zero."""

Percent = Annotated[Decimal, BeforeValidator(_two_to_four), _AS_TEXT, _wire("A percentage, up to 4 decimals")]
"""A percentage."""
