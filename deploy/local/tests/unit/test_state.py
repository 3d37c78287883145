"""What a local system keeps between runs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_stack.problems import StackError
from local_stack.state import AlreadyRunningError, Credentials, exclusive, open_state


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    first = Credentials(file).get("database accounts")
    assert first == Credentials(file).get("database accounts")
    assert first != Credentials(file).get("database catalog")
    assert 0o600 == file.stat().st_mode & 0o777


def test_secrets_asked_for_at_once_are_all_kept(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "credentials.json")
    names = [f"secret {number % 20}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        given = dict(zip(names, pool.map(credentials.get, names), strict=True))
    kept = Credentials(tmp_path / "credentials.json")
    assert given == {name: kept.get(name) for name in set(names)}
    assert 20 == len(set(given.values()))


def test_a_folder_with_other_data_is_refused_because_reset_would_delete_it(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(StackError, match="holds other data"):
        open_state(tmp_path)
    assert ["letters.txt"] == [path.name for path in tmp_path.iterdir()]


def test_our_own_folder_is_opened_again(tmp_path: Path) -> None:
    open_state(open_state(tmp_path / "new"))


def test_a_second_run_in_the_same_folder_is_told_so(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(AlreadyRunningError, match="already runs"), exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        pass
