"""Users as an ERP feeds them: the login is made where there is none, account and role are looked up."""

from typing import Final

from sqlalchemy import text

from accounts.tables import member
from chassis.database import Transaction
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

_LOGINS = """
INSERT INTO login (id, email, name, locale)
SELECT DISTINCT ON (lower(c.email)) gen_random_uuid()::text, lower(c.email), c.name, c.locale
FROM {chunk} c WHERE c.email IS NOT NULL AND c.errors IS NULL ORDER BY lower(c.email), c.line_number
ON CONFLICT (email) DO UPDATE SET name = COALESCE(login.name, excluded.name)"""

_FOUND = """
UPDATE {chunk} c SET
    login_id = COALESCE(l.id, m.login_id),
    role_id = COALESCE(r.id, m.role_id),
    account_id = COALESCE(a.id, CASE WHEN c.account IS NULL THEN m.account_id END)
FROM {chunk} d
LEFT JOIN login l ON l.email = lower(d.email)
LEFT JOIN role r ON r.kind = 'user' AND r.code = d.role AND NOT r.deleted
LEFT JOIN account a ON a.source = d.account_source AND a.external_id = d.account
LEFT JOIN member m ON m.source = :source AND m.external_id = d.external_id
WHERE c.line_number = d.line_number"""

_UNKNOWN_ROLE = """
UPDATE {chunk} SET errors = jsonb_build_array(jsonb_build_object(
    'pointer', '/role', 'code', 'unknown_role', 'message', 'There is no such role.'))
WHERE role IS NOT NULL AND role_id IS NULL"""

_UNKNOWN_ACCOUNT = """
UPDATE {chunk} SET unresolved = jsonb_build_array(jsonb_build_object(
    'field', 'account', 'code', 'unknown_account'))
WHERE account IS NOT NULL AND account_id IS NULL"""

# A login is one user of an account, whoever keeps it.
_TAKEN = """
UPDATE {chunk} c SET errors = jsonb_build_array(jsonb_build_object(
    'pointer', '/email', 'code', 'user_exists', 'message', 'This person is a user of the account already.'))
WHERE c.errors IS NULL AND (
    EXISTS (SELECT 1 FROM member m WHERE m.login_id = c.login_id AND m.account_id = c.account_id
            AND (m.source, m.external_id) IS DISTINCT FROM (:source, c.external_id))
    OR EXISTS (SELECT 1 FROM {chunk} d WHERE d.login_id = c.login_id AND d.account_id = c.account_id
               AND d.external_id <> c.external_id AND d.line_number < c.line_number))"""


async def _look_up(tx: Transaction, chunk: Chunk) -> None:
    name = chunk.feed.chunk.name
    await tx.execute(text(_LOGINS.format(chunk=name)))
    await tx.execute(text(_FOUND.format(chunk=name)), {"source": chunk.source})
    await tx.execute(text(_UNKNOWN_ROLE.format(chunk=name)))
    await tx.execute(text(_UNKNOWN_ACCOUNT.format(chunk=name)))
    await tx.execute(text(_TAKEN.format(chunk=name)), {"source": chunk.source})


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
