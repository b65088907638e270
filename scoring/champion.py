"""The champion: which bundle decides, as the promotion log says and one small file for each portfolio repeats.

``bundles/champion-<portfolio>`` holds the version of the bundle in ``bundles/<version>/``. Anybody who can write
there can edit it, so it decides nothing by itself: the signed log (:mod:`scoring.promotion_log`) must end at the same
version, and the bundle must be the one that was promoted. A promotion writes the log first. Where the file still
names the champion before, it was cut short between the two, and the one that was promoted decides.
"""

from __future__ import annotations

import hmac
import logging
import re
from pathlib import Path
from typing import Final

from bureau.signing import TrustedSigners
from scoring.bundle_folder import bundle_signature
from scoring.errors import ChampionRefused, ScoringError
from scoring.promotion_log import Promotion, PromotionLog
from scoring.whole_file import write_whole

__all__ = ["champion_folder", "champion_version", "is_old", "named_champion", "promoted_version", "set_champion"]

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
        Whose champion; by default that of the portfolio whose champion was named last.
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
    if portfolio is None:
        named = [path for path in bundles.glob(f"{_POINTER}*") if _NAME.fullmatch(path.name)]
        last = max(named, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
        portfolio = None if last is None else last.name.removeprefix(_POINTER)
    version = None if portfolio is None else champion_version(bundles, portfolio, trusted)
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
    _require_name(portfolio, "portfolio")
    last = PromotionLog(bundles, trusted).last_of(portfolio)
    version = promoted_version(bundles, portfolio, last)
    if last is None or version is None:
        return version
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
        If the bundle that is named is not there.
    """
    pointed = named_champion(bundles, portfolio)
    if last is None:
        if pointed is not None and not is_old(bundles / pointed):
            raise ChampionRefused(
                f"{bundles}: {_POINTER}{portfolio} names {pointed}, and the promotion log knows no promotion of "
                f"{portfolio}; restore the log from a backup"
            )
        return pointed
    if pointed not in (last.before, last.after):
        raise ChampionRefused(
            f"{bundles}: {_POINTER}{portfolio} names {pointed or 'none'}, the promotion log ends at {last.after}; "
            f"write {last.after} into that file, and promote another with `tradeline promote` if it is to decide"
        )
    if pointed != last.after:
        _log.warning(
            "%s%s names %s, the promotion log ends at %s, which decides",
            _POINTER, portfolio, pointed or "none", last.after,
        )  # fmt: skip
    return last.after


def named_champion(bundles: Path, portfolio: str) -> str | None:
    """The version that the file names, whether it was promoted or not; None where there is no file.

    Raises
    ------
    ScoringError
        If its bundle is not there.
    """
    pointer = bundles / f"{_POINTER}{_require_name(portfolio, 'portfolio')}"
    if not pointer.is_file():
        return None
    version = pointer.read_text(encoding="utf-8", errors="replace").strip()
    if not _NAME.fullmatch(version) or not (bundles / version).is_dir():
        raise ScoringError(f"{pointer}: names a bundle that is not in its folder; restore it, or train again")
    return version


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
