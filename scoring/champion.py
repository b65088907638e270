"""The champion: which bundle decides, as the promotion log says and one small file for each portfolio repeats.

``bundles/champion-<portfolio>`` holds the version of the bundle in ``bundles/<version>/``. Anybody who can write
there can edit it, so it decides nothing by itself: the signed log (:mod:`scoring.promotion_log`) must end at the same
version, and the bundle must be the one that was promoted. A promotion writes the log first. Where the file still
names the champion before, it was cut short between the two, and the one that was promoted decides.

Five functions tell which it is:

===================================  ============================================================================
:func:`champion_folder`              to load and use it: log, file and bundle agree; an error where there is none
:func:`champion_version`             to tell it, or to compare with it: the same; None where there is none
``training.promotion.champion_of``   for its bundle in training: the same, loaded; None where it loads no more
:func:`promoted_version`             to promote another: by log and file, as its bundle may be what is broken
:func:`named_champion`               never to decide by: what the file says
===================================  ============================================================================
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bureau.signing import TrustedSigners
from scoring.bundle_folder import bundle_signature
from scoring.errors import ChampionRefused, ScoringError
from scoring.promotion_log import Promotion, PromotionLog, last_of
from scoring.whole_file import write_whole

__all__ = [
    "champion_folder",
    "champion_version",
    "is_old",
    "named_champion",
    "pointer_doubts",
    "promoted_version",
    "set_champion",
]

_POINTER: Final = "champion-"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MANIFEST: Final = "manifest.json"

_log = logging.getLogger(__name__)


def champion_folder(bundles: Path, portfolio: str | None, trusted: TrustedSigners) -> Path:
    """The folder of the champion's bundle, which the promotion log vouches for.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    portfolio : str, optional
        Whose champion; by default that of the last promotion.
    trusted : TrustedSigners
        Whose promotions count.

    Raises
    ------
    ChampionRefused
        If the log was changed, or ends at another version than the one that is named, or the bundle is not
        the one that was promoted.
    ScoringError
        If no champion was named, or its bundle is not there.
    """
    promotions = PromotionLog(bundles, trusted).entries()
    if portfolio is None:
        portfolio = promotions[-1].portfolio if promotions else _named_last(bundles)
    version = None if portfolio is None else _vouched_version(bundles, portfolio, promotions)
    if version is None:
        whose = f" for {portfolio}" if portfolio else ""
        raise ScoringError(
            f"{bundles}: no champion{whose} is here; train and promote one with `tradeline run`, "
            "or name another home or portfolio"
        )
    return bundles / version


def champion_version(bundles: Path, portfolio: str, trusted: TrustedSigners) -> str | None:
    """Version of a portfolio's champion, which the promotion log vouches for; None where there is none.

    Raises
    ------
    ChampionRefused, ScoringError
        As for :func:`champion_folder`.
    """
    return _vouched_version(bundles, portfolio, PromotionLog(bundles, trusted).entries())


def _vouched_version(bundles: Path, portfolio: str, promotions: Sequence[Promotion]) -> str | None:
    last = last_of(_require_name(portfolio, "portfolio"), promotions)
    version = promoted_version(bundles, portfolio, last)
    if last is None or version is None:
        return version
    if not (bundles / version).is_dir():
        raise ChampionRefused(
            f"{bundles / version}: the bundle of the champion is not here; restore it from a backup, or promote "
            "another with `tradeline promote`"
        )
    _, manifest_sha256 = bundle_signature(bundles / version)
    if not hmac.compare_digest(manifest_sha256, last.manifest_sha256):
        raise ChampionRefused(
            f"{bundles / version}: another bundle than the one that was promoted (manifest {manifest_sha256[:12]}, the "
            f"promotion log says {last.manifest_sha256[:12]}); restore it from a backup"
        )
    return version


def promoted_version(bundles: Path, portfolio: str, last: Promotion | None) -> str | None:
    """The version that decides by the last promotion of a portfolio; None where there was none and none is named.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    portfolio : str
        The portfolio.
    last : Promotion, optional
        Its last promotion.

    Raises
    ------
    ChampionRefused
        If another version is named than the log ends at, or had before a promotion that was cut short.
    ScoringError
        If it is named without a promotion, and not there; or the file cannot be read.
    """
    pointed = named_champion(bundles, portfolio)
    if last is None:
        return None if pointed is None else _old_version(bundles, portfolio, pointed)
    if pointed not in (last.before, last.after):
        raise ChampionRefused(
            f"{bundles}: {_POINTER}{portfolio} names {_shown(pointed)}, the promotion log ends at {last.after}; "
            f"write {last.after} into that file, and promote another with `tradeline promote` if it is to decide"
        )
    if pointed != last.after:
        _log.warning("%s", _overruled(portfolio, pointed, last.after))
    return last.after


def _old_version(bundles: Path, portfolio: str, pointed: str) -> str:
    """The version that a file names of which the log knows nothing; only one from before there was a log may be."""
    if not _NAME.fullmatch(pointed) or not (bundles / pointed).is_dir():
        raise ScoringError(
            f"{bundles}: {_POINTER}{portfolio} names a bundle that is not in its folder, and the promotion log knows "
            f"no promotion of {portfolio}; restore the folder from a backup, or remove that file"
        )
    if not is_old(bundles / pointed):
        raise ChampionRefused(
            f"{bundles}: {_POINTER}{portfolio} names {pointed}, and the promotion log knows no promotion of "
            f"{portfolio}; restore the log and its head from one backup, or remove that file if none was promoted"
        )
    return pointed


def pointer_doubts(bundles: Path, promotions: Sequence[Promotion]) -> tuple[str, ...]:
    """Which files do not name the champion that the log ends at, in a line each: missing, changed or left behind.

    Parameters
    ----------
    bundles : Path
        Folder of the bundles.
    promotions : sequence of Promotion
        All entries of its promotion log.
    """
    told = []
    pointed = {path.name.removeprefix(_POINTER) for path in _pointers(bundles)}
    for portfolio in sorted(pointed | {each.portfolio for each in promotions}):
        try:
            version = promoted_version(bundles, portfolio, last_of(portfolio, promotions))
            named = named_champion(bundles, portfolio)
        except ScoringError as error:
            told.append(str(error))
            continue
        if version is not None and named != version:
            told.append(f"{_overruled(portfolio, named, version)}; the next promotion writes it anew")
    return tuple(told)


def named_champion(bundles: Path, portfolio: str) -> str | None:
    """What the file of a portfolio says, whether it is a version and was promoted or not; None where there is none.

    Raises
    ------
    ScoringError
        If the file cannot be read.
    """
    pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    try:
        return pointer.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScoringError(
            f"{pointer}: cannot be read ({error.strerror}); check its rights, or remove it if it is no file, and write "
            "the version into it at which `tradeline promotions` ends"
        ) from None


def _named_last(bundles: Path) -> str | None:
    """The portfolio whose file was written last."""
    last = max(_pointers(bundles), key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
    return None if last is None else last.name.removeprefix(_POINTER)


def _pointers(bundles: Path) -> list[Path]:
    return [path for path in bundles.glob(f"{_POINTER}*") if _NAME.fullmatch(path.name.removeprefix(_POINTER))]


def _shown(pointed: str | None) -> str:
    if pointed is None:
        return "none"
    return pointed if _NAME.fullmatch(pointed) else "no version"


def _overruled(portfolio: str, pointed: str | None, after: str) -> str:
    return f"{_POINTER}{portfolio} names {_shown(pointed)}, the promotion log ends at {after}, which decides"


def is_old(folder: Path) -> bool:
    """Whether a bundle is of a format from before there was a promotion log; it does not load."""
    return not (folder / _MANIFEST).exists()


def set_champion(bundles: Path, portfolio: str, version: str) -> Path:
    """Let the file of a portfolio name a bundle, as the promotion log does already; the file.

    Raises
    ------
    ScoringError
        If the bundle is not in the folder of the bundles.
    """
    pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    if is_old(bundles / _require_name(version, "version")):
        raise ScoringError(f"{bundles}: no bundle {version} is here; save it before it becomes the champion")
    write_whole(pointer, f"{version}\n".encode())
    return pointer


def _require_name(name: str, what: str) -> str:
    if not _NAME.fullmatch(name):
        raise ScoringError(
            f"{name!r}: not the name of a {what}; letters, digits, dots, dashes and underscores make one"
        )
    return name
