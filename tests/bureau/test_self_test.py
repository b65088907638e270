"""Self-test attributes: apart, sealed under a key of their own, gone with the person, and opened by no other role."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from erasing import teller

from bureau.credit_file import consumer_id_of
from bureau.erasure import erase
from bureau.errors import SelfTestError
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.keys import create_key_file, derive
from bureau.self_test import count_self_test, load_self_test, read_self_test, remove_self_test
from bureau.self_test_file import MOST_VALUES, SelfTestFile, read_self_test_file

MOMENT = datetime.fromisoformat("2024-09-01")
SPACE = "f-lender_customers"


def filled(values: dict[str, dict[str, str]]) -> SelfTestFile:
    return SelfTestFile("groups.csv", tuple(sorted({name for each in values.values() for name in each})), values)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three persons, each known to one furnisher."""
    root = tmp_path_factory.mktemp("self-test") / "home"
    history = open_history(open_home(root, create=True), memory_limit="500MB")
    persons = {
        "P-1": ("Okafor", "Ada", "1980-02-29", "123456789", "+1 212 555 0100", "ada@example.net", "12 Quay Street"),
        "P-2": ("Lindqvist", "Bo", "1971-05-03", "234567891", "+1 202 555 0111", "bo@example.org", "4 Mill Lane"),
        "P-3": ("Marchetti", "Carla", "1990-11-20", "345678912", "+1 312 555 0122", "cm@example.com", "88 High Road"),
    }
    fields = ("surname", "first_name", "birth_date", "national_number", "phone", "email", "address")
    receipt = teller(history)(
        "lender_customers",
        *({"customer_ref": each, **dict(zip(fields, person, strict=True))} for each, person in persons.items()),
    )
    assert receipt.accepted == len(persons)
    history.vault.close()
    return root


@pytest.fixture
def history(founded: Path, tmp_path: Path) -> History:
    """A history of that home's own copy."""
    return open_history(open_home(shutil.copytree(founded, tmp_path / "home")), memory_limit="500MB")


@pytest.fixture
def people(history: History) -> dict[str, int]:
    """The three persons' numbers by reference."""
    return {each: consumer_id_of(history, SPACE, each) for each in ("P-1", "P-2", "P-3")}


# -- the file -----------------------------------------------------------------------------------


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_with_bands_and_names(tmp_path: Path) -> None:
    path = written(tmp_path / "groups.csv", "ID,SEX,AGE,NOTE\n7,1,24,x\n8,2,,y\n9,3,62,z\n")
    read = read_self_test_file(
        path, attributes=["SEX", "AGE"], bands={"AGE": [25, 62]}, names={"SEX": {"1": "male", "2": "female"}}
    )
    assert read.attributes == ("sex", "age")
    assert read.values == {
        "7": {"sex": "male", "age": "under 25"},
        "8": {"sex": "female"},
        "9": {"sex": "3", "age": "62 or over"},
    }


def test_parquet_tells_the_same_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "groups.parquet"
    pq.write_table(pa.table({"sex": ["f", None], "id": [7, 8]}), path)
    from_csv = read_self_test_file(written(tmp_path / "groups.csv", "id,sex\n7,f\n8,\n"))
    assert read_self_test_file(path, reference="id").values == from_csv.values == {"7": {"sex": "f"}, "8": {}}


@pytest.mark.parametrize(
    ("text", "options", "match"),
    [
        ("", {}, "the file is empty; a header"),
        ("id,sex\n1,f\n1,m\n", {}, "line 3: its reference stood before with other values"),
        ("id,sex\n,f\n", {}, "line 2: the reference in id is empty"),
        ("id,sex\n1\n", {}, "line 2: 1 fields, but 2 columns"),
        ("id,sex\n1,f\n", {"attributes": ["race"]}, "there is no column race; it has id, sex"),
        ("id\n1\n", {}, "attributes are columns of different names"),
        ("id,sex,sex\n1,f,f\n", {}, "attributes are columns of different names"),
        ("id,age\n1,old\n", {"bands": {"age": [62.0]}}, "line 2: age is no number, which bands need"),
        ("id,sex\n1," + "f" * 81 + "\n", {}, "sex is no name of a group; at most 80"),
        (
            "id,age\n" + "".join(f"{n},{n}\n" for n in range(MOST_VALUES + 1)),
            {},
            f"age has more than {MOST_VALUES} values, too many for groups",
        ),
        ('id,sex\n1,"f\n', {}, "not readable as CSV"),
        (
            "id,sex\n1,0\n2,1\n",
            {"names": {"sex": {"1": "male", "2": "female"}}},
            "sex has none of a code that is named",
        ),
    ],
)
def test_a_bad_file_is_refused_with_one_clear_line(
    tmp_path: Path, text: str, options: dict[str, object], match: str
) -> None:
    with pytest.raises(SelfTestError, match=match):
        read_self_test_file(written(tmp_path / "groups.csv", text), **options)  # type: ignore[arg-type]


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(SelfTestError, match="not readable as Parquet"):
        read_self_test_file(written(tmp_path / "groups.parquet", "id,sex\n1,f\n"))


# -- the store ----------------------------------------------------------------------------------


def test_what_is_loaded_is_read_by_consumer_and_nothing_is_made_up(history: History, people: dict[str, int]) -> None:
    loaded = load_self_test(history, filled({"P-1": {"sex": "f"}, "P-2": {}, "P-3": {"sex": "m"}, "?": {}}), SPACE)
    assert (loaded.consumers, loaded.unknown, loaded.empty) == (2, 1, 1)
    asked = [people["P-3"], people["P-2"], people["P-1"], people["P-3"], 10**9]
    assert read_self_test(history, asked) == {"sex": ["m", None, "f", "m", None]}
    counts = count_self_test(history)
    assert counts.consumers == 2
    assert counts.values == {"sex": {"f": 1, "m": 1}}


def test_a_later_file_adds_and_replaces(history: History, people: dict[str, int]) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f", "age": "young"}}), SPACE)
    load_self_test(history, filled({"P-1": {"age": "old"}}), SPACE)
    assert read_self_test(history, [people["P-1"]]) == {"age": ["old"], "sex": ["f"]}


def test_contradicting_references_of_one_person_count_as_unknown(history: History, people: dict[str, int]) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f", "age": "old"}, "P-2": {"sex": "m", "age": "old"}}), SPACE)
    with history.write() as connection:
        connection.execute(
            "INSERT INTO resolution BY NAME SELECT ? AS consumer_id, ? AS resolved_id, TIMESTAMP '2024-08-01' AS "
            "recorded_at",
            [people["P-2"], people["P-1"]],
        )
    for number in (people["P-1"], people["P-2"]):
        assert read_self_test(history, [number]) == {"age": ["old"], "sex": [None]}


def test_there_is_nothing_before_the_first_load(history: History, people: dict[str, int]) -> None:
    assert read_self_test(history, [people["P-1"]]) == {}
    assert count_self_test(history).consumers == 0
    assert not (history.home.root / "keys" / "self-test.key").exists()


def test_references_of_nobody_are_refused(history: History, people: dict[str, int]) -> None:
    with pytest.raises(SelfTestError, match="none of its 1 references belongs to a consumer of elsewhere"):
        load_self_test(history, filled({"P-1": {"sex": "f"}}), "elsewhere")


def test_the_file_is_sealed_under_a_key_of_its_own(history: History, people: dict[str, int]) -> None:
    load_self_test(history, filled({"P-1": {"ethnic group": "teal islander"}}), SPACE)
    root = history.home.root
    key_file = root / "keys" / "self-test.key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert (root / "self-test" / "attributes.db").stat().st_mode & 0o777 == 0o600
    assert all(
        b"teal" not in each.read_bytes() and b"ethnic" not in each.read_bytes()
        for each in root.rglob("*")
        if each.is_file()
    )
    own = base64.b64decode(key_file.read_text())
    master = history.home.master_key
    assert own not in {master, *(derive(master, label) for label in ("self-test", "history", "references"))}


def test_an_entry_that_was_moved_or_changed_is_refused(history: History, people: dict[str, int]) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f"}, "P-2": {"sex": "m"}}), SPACE)
    with closing(sqlite3.connect(history.home.root / "self-test" / "attributes.db")) as file, file:
        file.execute(
            "UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE consumer_id = ?) WHERE consumer_id = ?",
            [people["P-2"], people["P-1"]],
        )
    with pytest.raises(SelfTestError, match="an entry of the self-test attributes was changed"):
        read_self_test(history, [people["P-1"]])


@pytest.mark.parametrize(("spoil", "match"), [("remove", "key .* is missing"), ("other", "or the key is another one")])
def test_a_missing_or_another_key(history: History, people: dict[str, int], spoil: str, match: str) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f"}}), SPACE)
    key_file = history.home.root / "keys" / "self-test.key"
    key_file.unlink()
    if spoil == "other":
        create_key_file(key_file)
    with pytest.raises(SelfTestError, match=match):
        read_self_test(history, [people["P-1"]])
    assert remove_self_test(history.home, [people["P-1"]]) == 1  # it does not stop an erasure


# -- erasure ------------------------------------------------------------------------------------


def test_an_erased_person_is_gone_from_the_store_and_its_backups(history: History, people: dict[str, int]) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f"}, "P-2": {"sex": "m"}}), SPACE)
    store = history.home.root / "self-test" / "attributes.db"
    backup = history.home.root.parent / "backup.db"
    shutil.copy(store, backup)
    erase(history, people["P-1"], "asked for it", MOMENT)
    assert read_self_test(history, [people["P-1"], people["P-2"]]) == {"sex": [None, "m"]}
    with closing(sqlite3.connect(store)) as file:
        assert file.execute("SELECT 1 FROM entry WHERE consumer_id = ?", [people["P-1"]]).fetchall() == []
    assert load_self_test(history, filled({"P-1": {"sex": "f"}, "P-3": {"sex": "m"}}), SPACE).unknown == 1

    shutil.copy(backup, store)
    with pytest.raises(SelfTestError, match="the key is another one"):
        read_self_test(history, [people["P-1"]])


@pytest.mark.parametrize("stage", ["before the file", "between file and key"])
def test_an_interrupted_removal_is_finished(
    history: History, people: dict[str, int], stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_self_test(history, filled({"P-1": {"sex": "f"}, "P-2": {"sex": "m"}}), SPACE)
    stopping = {"before the file": "attributes.next", "between file and key": "self-test.next"}[stage]
    replace = Path.replace

    def cut_short(self: Path, target: Path) -> Path:
        if self.name == stopping:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut_short)
        with pytest.raises(KeyboardInterrupt):
            remove_self_test(history.home, [people["P-1"]])
    left = ["f", "m"] if stage == "before the file" else [None, "m"]
    assert read_self_test(history, [people["P-1"], people["P-2"]]) == {"sex": left}
    remove_self_test(history.home, [people["P-1"]])
    assert read_self_test(history, [people["P-1"], people["P-2"]]) == {"sex": [None, "m"]}
    assert remove_self_test(history.home, [people["P-2"]]) == 1
    assert {each.name for each in (history.home.root / "keys").glob("self-test*")} == {"self-test.key"}


def test_nobody_to_remove_leaves_the_file_alone(history: History, people: dict[str, int]) -> None:
    assert remove_self_test(history.home, [people["P-1"]]) == 0
    load_self_test(history, filled({"P-1": {"sex": "f"}}), SPACE)
    before = (history.home.root / "self-test" / "attributes.db").read_bytes()
    assert remove_self_test(history.home, [people["P-2"]]) == 0
    assert (history.home.root / "self-test" / "attributes.db").read_bytes() == before
