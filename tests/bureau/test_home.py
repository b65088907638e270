import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bureau.errors import HomeError, WrongKey
from bureau.home import open_home
from bureau.keys import decode_key, derive


def test_a_new_home_opens_again_with_the_same_key(tmp_path: Path) -> None:
    made = open_home(tmp_path / "h", create=True)
    assert open_home(tmp_path / "h") == made == open_home(tmp_path / "h", create=True)
    key_file = tmp_path / "h" / "keys" / "master.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.read_text().strip() not in repr(made)
    assert made.master_key.hex() not in repr(made)
    assert repr(made.master_key) not in repr(made)


def test_a_key_from_elsewhere_is_not_written(tmp_path: Path) -> None:
    home = open_home(tmp_path / "h", master_key=bytes(32), create=True)
    assert not (home.root / "keys").exists()
    with pytest.raises(HomeError, match=r"master\.key: the key file cannot be read .*restore it from your backup"):
        open_home(tmp_path / "h")


def test_what_is_no_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no home of Tradeline is here; take deliveries into it"):
        open_home(tmp_path / "h")
    (tmp_path / "file").write_text("x")
    for root in (tmp_path, tmp_path / "file"):
        with pytest.raises(HomeError, match=r"the folder is not empty and no home; name another with --home"):
            open_home(root, create=True)


@pytest.mark.parametrize("version", ["1", "0", '"1"', "null"])
def test_a_home_of_another_format_is_refused(tmp_path: Path, version: str) -> None:
    open_home(tmp_path, create=True)
    (tmp_path / "tradeline.json").write_text(f'{{"format": {version}}}')
    with pytest.raises(HomeError, match=r"this home has format .*, this version of Tradeline reads format 3; use the"):
        open_home(tmp_path, create=True)


def test_a_making_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    first = open_home(tmp_path, create=True)
    for left in ("tradeline.json", ".making"):
        (tmp_path / left).unlink(missing_ok=True)
    (tmp_path / "tradeline.json.new").touch()
    assert open_home(tmp_path, create=True).master_key == first.master_key


def test_a_folder_that_is_no_home_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(HomeError, match="the folder is not empty and no home"):
        open_home(tmp_path, create=True)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_many_make_one_home(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        homes = list(pool.map(lambda _: open_home(tmp_path / "home", create=True), range(40)))
    assert len({home.master_key for home in homes}) == 1


@pytest.mark.parametrize("mark", ["", "{}", "[]", "format"])
def test_a_damaged_mark_is_refused(tmp_path: Path, mark: str) -> None:
    open_home(tmp_path, create=True)
    (tmp_path / "tradeline.json").write_text(mark)
    with pytest.raises(HomeError, match=r"tradeline\.json: not readable as the mark of a home; restore it"):
        open_home(tmp_path)


@pytest.mark.parametrize("text", ["", "short", "!" * 44, "QUJD"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(WrongKey, match=r"^SETTING: a master key is 32 bytes in base64; make one with") as caught:
        decode_key(text, "SETTING")
    assert not text or text not in str(caught.value)


def test_derived_keys_differ_by_use_and_by_master_key() -> None:
    keys = {derive(master, label) for master in (bytes(32), bytes([1]) * 32) for label in ("history", "references")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
