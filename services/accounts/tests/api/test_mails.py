"""Mails over a real SMTP server."""

import pytest
from sqlalchemy import insert, select, update

from accounts import tables
from accounts.mails.sending import MailSender, SmtpServer
from accounts.seeding import role_id
from services.accounts.tests.support.people import an_account
from services.accounts.tests.support.platform import PASSWORD, Platform
from testkit.smtp import Post


def sender(platform: Platform, port: int) -> MailSender:
    server = SmtpServer("127.0.0.1", port, "", "", "none", "orders@example.com")
    return MailSender(platform.wiring.database, platform.wiring.mails, server, platform.clock)


async def send_all(sender: MailSender) -> int:
    count = 0
    while await sender.send_due():
        count += 1
    return count


async def test_an_invitation_is_mailed_once_and_its_link_works_once(platform: Platform, post: Post) -> None:
    token = await platform.machine("accounts:feed")
    account = await an_account(platform, token, "C1", name="Jansen & Co")
    body = {
        "account_id": account,
        "email": "jo@example.com",
        "name": "Jo",
        "role_id": role_id("user", "buyer"),
    }
    await platform.staff("POST", "/admin/v1/users", json=body)
    mails = sender(platform, post.port)
    assert (1, 0) == (await send_all(mails), await send_all(mails))
    mail = await post.wait_for("jo@example.com")
    assert "Hello Jo" in mail.text
    assert "Jansen & Co" in mail.text
    link = mail.text.partition("token=")[2].split()[0]
    accepted = {"token": link, "password": PASSWORD}
    answers = [await platform.http.post("/v1/invitations/accept", json=accepted) for _ in range(2)]
    assert [204, 422] == [answer.status_code for answer in answers]
    async with platform.wiring.database.read() as reader:
        assert [{}] == await reader.scalars(select(tables.mail.c["values"]))


async def test_a_reset_mails_who_has_a_login_and_nobody_else(platform: Platform, post: Post) -> None:
    for email in ("ADMINISTRATOR@example.com", "nobody@example.com", "administrator@example.com"):
        await platform.http.post("/v1/password-resets", json={"email": email})
    assert 2 == await platform.wiring.invitations.answer_resets()
    assert 0 == await platform.wiring.invitations.answer_resets()
    assert 1 == await send_all(sender(platform, post.port))
    assert ["administrator@example.com"] == [one for mail in post.mails() for one in mail.recipients]


async def test_a_mail_server_that_is_away_is_tried_again_later(platform: Platform, post: Post) -> None:
    await platform.http.post("/v1/password-resets", json={"email": "administrator@example.com"})
    await platform.wiring.invitations.answer_resets()
    assert 1 == await send_all(sender(platform, 1))
    async with platform.wiring.database.transaction() as tx:
        row = await tx.first(select(tables.mail))
        assert row is not None
        assert (1, None) == (row["attempts"], row["sent_at"])
        assert row["next_attempt_at"] > platform.clock.now()
        await tx.execute(update(tables.mail).values(next_attempt_at=platform.clock.now()))
    assert 1 == await send_all(sender(platform, post.port))
    assert 1 == len(post.mails())


@pytest.mark.parametrize("wrong", [{"recipient": "a\nb@example.com"}, {"template": "reset"}])
async def test_a_mail_that_cannot_be_made_does_not_stop_the_next(
    platform: Platform, post: Post, wrong: dict[str, str]
) -> None:
    now = platform.clock.now()
    bad = {"id": "1", "recipient": "x@example.com", "template": "invitation", "values": {}, **wrong}
    async with platform.wiring.database.transaction() as tx:
        await tx.execute(insert(tables.mail).values(**bad, next_attempt_at=now))
    await platform.http.post("/v1/password-resets", json={"email": "administrator@example.com"})
    await platform.wiring.invitations.answer_resets()
    assert 2 == await send_all(sender(platform, post.port))
    assert ["administrator@example.com"] == [one for mail in post.mails() for one in mail.recipients]
