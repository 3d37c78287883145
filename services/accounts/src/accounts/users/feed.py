"""Users as an ERP feeds them: the login is made where there is none, account and role are looked up."""

from typing import Final

from sqlalchemy import text

from accounts.customer_accounts.register_lock import together
from accounts.tables import member
from chassis.database import Transaction
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema
from feeds.statements import NEW_ID

_WRONG = """
UPDATE {chunk} c SET errors = jsonb_build_array(jsonb_build_object(
    'pointer', '{pointer}', 'code', '{code}', 'message', '{message}'))
WHERE c.errors IS NULL AND NOT c.deleted AND NOT c.superseded AND {wrong}"""

# As chassis.values.MailAddress takes it; lower case of a to z as logins.repository.normal makes it.
_MAIL = """
UPDATE {chunk} SET email = lower(btrim(email) COLLATE "C") WHERE email IS NOT NULL"""
_NO_MAIL = r"""c.email !~ '^[^\s@,;<>"()\[\]\\]{1,64}@[^\s@,;<>"()\[\]\\]+\.[^\s@,;<>"()\[\]\\.]+$'"""

# Roles stay until the chunk is written: one that is removed meanwhile would leave users without.
_ROLES = "SELECT id FROM role WHERE kind = 'user' AND NOT deleted ORDER BY id FOR SHARE"
_NO_ROLE = """c.role IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM role r WHERE r.kind = 'user' AND r.code = c.role AND NOT r.deleted)"""

_LOGINS = """
INSERT INTO login (id, email, name, locale)
SELECT {new_id}, email, name, locale FROM (
    SELECT DISTINCT ON (c.email) c.email, c.name, c.locale FROM {chunk} c
    WHERE c.email IS NOT NULL AND c.errors IS NULL AND NOT c.deleted AND NOT c.superseded
    ORDER BY c.email, c.line_number) wanted
ON CONFLICT DO NOTHING"""

_NEW_LOGIN_ID = NEW_ID.replace(":now", "extract(epoch FROM now()) * 1000")

_FOUND = """
UPDATE {chunk} c SET
    login_id = COALESCE(l.id, m.login_id),
    role_id = COALESCE(r.id, m.role_id),
    account_id = COALESCE(a.id, CASE WHEN c.account IS NULL THEN m.account_id END)
FROM {chunk} d
LEFT JOIN login l ON l.email = d.email
LEFT JOIN role r ON r.kind = 'user' AND r.code = d.role AND NOT r.deleted
LEFT JOIN account a ON a.source = d.account_source AND a.external_id = d.account
LEFT JOIN member m ON m.source = :source AND m.external_id = d.external_id
WHERE c.line_number = d.line_number"""

_UNKNOWN_ACCOUNT = """
UPDATE {chunk} SET unresolved = jsonb_build_array(jsonb_build_object(
    'pointer', '/account', 'source', account_source, 'external_id', account))
WHERE account IS NOT NULL AND account_id IS NULL AND NOT deleted"""

# A login is one user of an account, whoever keeps it.
_TAKEN = """(
    EXISTS (SELECT 1 FROM member m WHERE m.login_id = c.login_id AND m.account_id = c.account_id
            AND NOT m.deleted AND (m.source, m.external_id) IS DISTINCT FROM (:source, c.external_id))
    OR EXISTS (SELECT 1 FROM {chunk} d WHERE d.login_id = c.login_id AND d.account_id = c.account_id
               AND d.external_id <> c.external_id AND d.line_number < c.line_number
               AND d.errors IS NULL AND NOT d.deleted AND NOT d.superseded))"""


async def _run(tx: Transaction, chunk: Chunk, statement: str) -> None:
    statement = statement.replace("{chunk}", chunk.feed.chunk.name)
    await tx.execute(text(statement), {"source": chunk.source} if ":source" in statement else None)


async def _refuse(tx: Transaction, chunk: Chunk, pointer: str, code: str, message: str, wrong: str) -> None:
    names = {"{pointer}": pointer, "{code}": code, "{message}": message, "{wrong}": wrong}
    statement = _WRONG
    for name, value in names.items():
        statement = statement.replace(name, value)
    await _run(tx, chunk, statement)


async def _look_up(tx: Transaction, chunk: Chunk) -> None:
    await together(tx)
    await tx.execute(text(_ROLES))
    await _run(tx, chunk, _MAIL)
    await _refuse(tx, chunk, "/email", "invalid_mail_address", "This is no mail address.", _NO_MAIL)
    await _refuse(tx, chunk, "/role", "unknown_role", "There is no such role.", _NO_ROLE)
    await _run(tx, chunk, _LOGINS.replace("{new_id}", _NEW_LOGIN_ID))
    await _run(tx, chunk, _FOUND)
    await _run(tx, chunk, _UNKNOWN_ACCOUNT)
    taken = "This person is a user of the account already."
    await _refuse(tx, chunk, "/email", "user_exists", taken, _TAKEN)


USERS: Final = TableFeed(
    resource="users",
    schema=RowSchema(
        Field(name="external_id", kind=Kind.KEY, max_length=64, description="The ERP's contact number."),
        Field(name="account", kind=Kind.REFERENCE, max_length=64, required=True),
        Field(name="email", kind=Kind.TEXT, max_length=254, required=True),
        Field(name="name", kind=Kind.TEXT),
        Field(name="role", kind=Kind.KEY, max_length=64, required=True, description="Code of a user role."),
        Field(name="sees_prices", kind=Kind.BOOLEAN),
        Field(name="sees_stock", kind=Kind.BOOLEAN),
        Field(name="locale", kind=Kind.TEXT, max_length=10),
        key=("external_id",),
    ),
    table=member,
    columns=(
        FeedColumn(column="login_id", field="email", value="c.login_id"),
        FeedColumn(column="name", published=False),
        FeedColumn(column="account_source", field="account", value="c.account_source"),
        FeedColumn(column="account_external_id", field="account"),
        FeedColumn(column="account_id", field="account", value="c.account_id"),
        FeedColumn(column="role_id", field="role", value="c.role_id"),
        FeedColumn(column="managed_by", field=None, value="'erp'"),
        FeedColumn(column="sees_prices", default="true"),
        FeedColumn(column="sees_stock", default="true"),
    ),
    discontinue=Discontinue(column="deleted"),
    prepared={"login_id": "text", "role_id": "text", "account_id": "text"},
    prepare=_look_up,
)
