"""The promotion log: every change to its past is seen."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bureau.signing import Identity, Signature, Signer, TrustedSigners
from scoring.errors import ChampionRefused
from scoring.promotion_log import PURPOSE, Promotion, PromotionLog, last_of

ADA = Signer("ada", Ed25519PrivateKey.from_private_bytes(bytes(32)))
EVE = Signer("eve", Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)))
TRUSTED = TrustedSigners(
    {each.name: Identity(each.name, frozenset(["validator"]), each.public_key) for each in (ADA, EVE)}
)


def promotion(number: int, by: str = "ada") -> Promotion:
    before = f"taiwan-{number - 1}" if number > 1 else None
    return Promotion(f"2026-01-{number:02}T00:00:00Z", "taiwan", before, f"taiwan-{number}", by, "better", "0" * 64)


def filled(folder: Path, count: int = 5) -> PromotionLog:
    log = PromotionLog(folder, TRUSTED)
    with log.locked():
        for number in range(1, count + 1):
            log.append(promotion(number), ADA)
    return log


@pytest.fixture
def log(tmp_path: Path) -> PromotionLog:
    return filled(tmp_path / "bundles")


def lines(log: PromotionLog) -> list[bytes]:
    return log.path.read_bytes().splitlines()


def put(log: PromotionLog, changed: list[bytes]) -> None:
    log.path.write_bytes(b"".join(line + b"\n" for line in changed))


def test_there_and_back(log: PromotionLog) -> None:
    assert log.entries() == tuple(promotion(number) for number in range(1, 6))
    assert last_of("taiwan", log.entries()) == promotion(5)
    assert last_of("home-credit", log.entries()) is None
    assert PromotionLog(log.folder / "empty", TRUSTED).entries() == ()


def test_only_ever_added_to(log: PromotionLog) -> None:
    before = log.path.read_bytes()
    digest = log.append(promotion(6), ADA)
    assert log.path.read_bytes().startswith(before)
    head = json.loads(log.head.read_bytes())
    assert (head["number"], head["sha256"]) == (6, digest)


@pytest.mark.parametrize("place", range(5))
def test_a_deleted_line_is_seen(log: PromotionLog, place: int) -> None:
    put(log, [line for number, line in enumerate(lines(log)) if number != place])
    with pytest.raises(
        ChampionRefused, match=r"is not where it was written|4 lines, and promotions\.head knows 5; restore"
    ):
        log.entries()


@pytest.mark.parametrize("kept", range(5))
def test_a_cut_end_is_seen(log: PromotionLog, kept: int) -> None:
    put(log, lines(log)[:kept])
    with pytest.raises(
        ChampionRefused, match=f"{kept} lines, and promotions.head knows 5; restore the log and its head"
    ):
        log.entries()
    log.path.unlink()
    with pytest.raises(ChampionRefused, match="0 lines"):
        log.entries()


@pytest.mark.parametrize("place", range(4))
def test_two_swapped_lines_are_seen(log: PromotionLog, place: int) -> None:
    changed = lines(log)
    changed[place], changed[place + 1] = changed[place + 1], changed[place]
    put(log, changed)
    with pytest.raises(ChampionRefused, match="is not where it was written"):
        log.entries()


@pytest.mark.parametrize("place", range(5))
def test_a_line_twice_is_seen(log: PromotionLog, place: int) -> None:
    changed = lines(log)
    put(log, [*changed[: place + 1], *changed[place:]])
    with pytest.raises(ChampionRefused, match="is not where it was written"):
        log.entries()


@pytest.mark.parametrize("field", [*Promotion.__dataclass_fields__, "number", "previous"])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_an_edited_field_is_seen(log: PromotionLog, field: str, place: int) -> None:
    changed = lines(log)
    plain = json.loads(changed[place])
    plain["entry"][field] = "another"
    changed[place] = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    put(log, changed)
    with pytest.raises(ChampionRefused, match=f"line {place + 1} was changed"):
        log.entries()


@given(st.data())
def test_any_changed_byte_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    log = filled(tmp_path_factory.mktemp("log"), 2)
    content = bytearray(log.path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    log.path.write_bytes(content)
    with pytest.raises(ChampionRefused):
        log.entries()


def test_a_line_signed_by_somebody_else_breaks_the_chain(log: PromotionLog) -> None:
    changed = lines(log)
    entry = json.loads(changed[2])["entry"] | {"why": "a better reason", "by": "eve"}
    content = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    signature = EVE.sign(PURPOSE, content).plain()
    plain = {"entry": entry, "signature": signature}
    changed[2] = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    put(log, changed)
    with pytest.raises(ChampionRefused, match="line 4 is not where it was written"):
        log.entries()


@pytest.mark.parametrize("name", ["ada", "mallory"])
def test_a_log_written_anew_under_another_key_is_refused(log: PromotionLog, tmp_path: Path, name: str) -> None:
    mallory = Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
    forged = PromotionLog(tmp_path / "forged", TrustedSigners({}))
    forged.folder.mkdir()
    forged.append(promotion(1, by=name), mallory)
    log.path.write_bytes(forged.path.read_bytes())
    with pytest.raises(ChampionRefused, match="line 1 was changed, or its signer is none of those trusted here"):
        log.entries()


def test_a_cut_end_needs_a_head_that_somebody_signed(log: PromotionLog) -> None:
    kept = lines(log)[:3]
    put(log, kept)
    head = json.loads(log.head.read_bytes()) | {"number": 3, "sha256": hashlib.sha256(kept[-1]).hexdigest()}
    log.head.write_text(json.dumps(head))
    with pytest.raises(ChampionRefused, match=r"promotions\.head: was changed"):
        log.entries()


def test_nobody_signs_in_the_name_of_another(tmp_path: Path) -> None:
    log = PromotionLog(tmp_path, TRUSTED)
    log.append(promotion(1, by="bob"), ADA)
    with pytest.raises(ChampionRefused, match="line 1 is not where it was written"):
        log.entries()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"number": 4, "sha256": "0"}', b'{"number": 7, "sha256": "0"}', b"[" * 100_000],
    ids=["empty", "nothing", "list", "older", "newer", "deep"],
)  # fmt: skip
def test_a_damaged_head_is_refused(log: PromotionLog, content: bytes) -> None:
    log.head.write_bytes(content)
    with pytest.raises(ChampionRefused, match=r"promotions\.head: was changed, .* restore the log and its head"):
        log.entries()


@pytest.mark.parametrize("kept", [1, 5])
def test_a_lost_head_is_refused(log: PromotionLog, kept: int) -> None:
    put(log, lines(log)[:kept])
    log.head.unlink()
    with pytest.raises(ChampionRefused, match=rf"promotions\.head: is missing beside a log of {kept} lines; restore"):
        log.entries()


def test_a_deep_line_is_refused(log: PromotionLog) -> None:
    put(log, [*lines(log), b"[" * 100_000])
    with pytest.raises(ChampionRefused, match="line 6 was changed"):
        log.entries()


@pytest.mark.parametrize("name", ["promotions.jsonl", "promotions.head"])
def test_what_is_no_file_is_refused(log: PromotionLog, name: str) -> None:
    (log.folder / name).unlink()
    (log.folder / name).mkdir()
    with pytest.raises(
        ChampionRefused, match=rf"{name}: cannot be read \(Is a directory\); check its rights, or restore"
    ):
        log.entries()


class Overtaken(PromotionLog):
    """A log to which others add two lines between the reading of its head and of its lines, twice."""

    @property
    def path(self) -> Path:
        others = PromotionLog(self.folder, self.trusted)
        if len(others.entries()) < 4:
            filled(self.folder, 2)
        return others.path


def test_a_reader_that_is_overtaken_reads_again(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    assert len(Overtaken(tmp_path, TRUSTED).entries()) == 5


# -- killed --------------------------------------------------------------------------------------


def test_killed_before_the_head_was_written(log: PromotionLog) -> None:
    head = log.head.read_bytes()
    log.append(promotion(6), ADA)
    log.head.write_bytes(head)
    assert log.entries()[-1] == promotion(6)
    log.append(promotion(7), ADA)
    assert len(log.entries()) == 7


@dataclass(frozen=True)
class Dying(Signer):
    """Somebody who is killed when a head of this number is to be signed."""

    number: int = 0

    def sign(self, purpose: str, content: bytes) -> Signature:
        if purpose.startswith("head") and json.loads(content)["number"] == self.number:
            raise KeyboardInterrupt
        return super().sign(purpose, content)


def test_killed_time_and_again_between_line_and_head(tmp_path: Path) -> None:
    log = PromotionLog(tmp_path, TRUSTED)
    with pytest.raises(KeyboardInterrupt):
        log.append(promotion(1), Dying("ada", ADA.key, 0))
    assert log.entries() == ()
    for number in range(1, 5):
        with pytest.raises(KeyboardInterrupt):
            log.append(promotion(number), Dying("ada", ADA.key, number))
        assert log.entries() == tuple(map(promotion, range(1, number + 1)))
    log.append(promotion(5, by="eve"), EVE)
    assert len(log.entries()) == json.loads(log.head.read_bytes())["number"] == 5


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_killed_within_a_line(log: PromotionLog, share: float) -> None:
    whole = log.path.read_bytes()
    head = log.head.read_bytes()
    log.append(promotion(6), ADA)
    line = log.path.read_bytes()[len(whole) :]
    log.path.write_bytes(whole + line[: int(share * len(line))])
    log.head.write_bytes(head)
    assert log.entries()[-1] == promotion(5)
    log.append(promotion(6), ADA)
    assert [each.after for each in log.entries()] == [f"taiwan-{number}" for number in range(1, 7)]


def test_killed_at_any_moment_the_log_stays_whole(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, itertools\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from test_promotion_log import ADA, TRUSTED, promotion\n"
        "from scoring.promotion_log import PromotionLog\n"
        "log = PromotionLog(pathlib.Path(sys.argv[1]), TRUSTED)\n"
        "print('ready', flush=True)\n"
        "for number in itertools.count(1):\n"
        "    log.append(promotion(number % 20 + 1), ADA)\n"
    )
    here = [str(Path(__file__).parent), *sys.path]
    command = [sys.executable, "-c", script, str(tmp_path), *here]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while not (tmp_path / "promotions.jsonl").exists():
            pass
        while not (tmp_path / "promotions.jsonl").stat().st_size:
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    log = PromotionLog(tmp_path, TRUSTED)
    known = len(log.entries())
    assert known >= 1
    log.append(promotion(1), ADA)
    assert len(log.entries()) == known + 1
