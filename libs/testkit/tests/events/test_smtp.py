"""The mail server for tests."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from testkit.smtp import Post


async def test_a_mail_arrives_with_subject_text_and_recipient(post: Post) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@example.com", "ann@example.com", "Welkom é"
    mail.set_content("Use this link.")
    await aiosmtplib.send(mail, hostname=post.host, port=post.port)
    got = await post.wait_for("ann@example.com")
    assert ("Welkom é", "Use this link.\n", "shop@example.com") == (got.subject, got.text, got.sender)
    assert [] == post.mails("bob@example.com")


async def test_waiting_for_a_mail_that_never_comes_fails(post: Post) -> None:
    with pytest.raises(AssertionError, match="no mail to ann"):
        await post.wait_for("ann@example.com", timeout=0.1)
