"""The story inside a run: who may log in, playing it once per installation, what to try afterwards."""

import secrets
from pathlib import Path

import httpx

from local_stack import story
from local_stack.child import run_once
from local_stack.client import Refused
from local_stack.ports import LOOPBACK
from local_stack.problems import DiskFullError, StackError
from local_stack.room import is_full
from local_stack.stack import Stack
from local_stack.state import REPOSITORY
from local_stack.topology import BY_NAME, MAIL_PAGE_PORT

_ADMINISTRATOR = "admin@kontor.example"
_MARK = "story-played"


def play_once(stack: Stack, tell: story.Tell) -> story.Access:
    """Play the story unless an earlier run has; returns what one can log in with, kept in access.json."""
    file = stack.folder / "access.json"
    access = story.Access.load(file)
    if access is None:
        access = _with_administrator(stack, file)
        tell("Playing the main job once, through the public APIs:")
        _play(stack.folder, access, tell)
        access.save(file)
        (stack.folder / _MARK).touch()
    elif not (stack.folder / _MARK).exists():
        tell("The story broke off at an earlier start; `make reset` and `make run` play it anew.")
    return access


def introduction(access: story.Access) -> str:
    """The demo logins and three lines to copy."""
    gateway = BY_NAME["gateway"].url
    json = "-H 'Content-Type: application/json'"
    login = f'{{"email":"{access.user}","password":"{access.user_password}","channel":"{story.CHANNEL}"}}'
    pick = "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])'"
    return "\n".join(
        [
            "Demo logins, made for this machine:",
            f"  administrator  {access.administrator}  {access.administrator_password}",
            f"  buyer          {access.user}  {access.user_password}",
            f"  ERP client     {access.client}  {access.client_secret}",
            "",
            "Try:",
            f"  TOKEN=$(curl -s {gateway}/v1/login {json} -d '{login}' | {pick})",
            f'  curl -s "{gateway}/v1/products?limit=3" -H "Authorization: Bearer $TOKEN"',
            f'  curl -s {gateway}/v1/orders -H "Authorization: Bearer $TOKEN"',
        ]
    )


def _with_administrator(stack: Stack, file: Path) -> story.Access:
    accounts = BY_NAME["accounts"]
    access = story.Access(_ADMINISTRATOR, secrets.token_urlsafe(12))
    argv = [*stack.child(accounts, "add-administrator").argv, access.administrator]
    password = {"KONTOR_ADMINISTRATOR_PASSWORD": access.administrator_password}
    run_once("Making the first administrator", argv, env=stack.environment(accounts) | password)
    # Kept before the story begins: whatever happens in it, the password is not lost.
    access.save(file)
    return access


def _play(folder: Path, access: story.Access, tell: story.Tell) -> None:
    mails = f"http://{LOOPBACK}:{MAIL_PAGE_PORT}"
    try:
        story.main(BY_NAME["gateway"].url, mails, REPOSITORY / "data/quickstart", access, tell)
    except (Refused, httpx.HTTPError, TimeoutError) as failure:
        if is_full(folder):
            raise DiskFullError(folder) from failure
        raise StackError(
            f"The story broke off: {failure}. The logs tell more; `make reset` begins anew."
        ) from failure
