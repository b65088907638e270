"""A champion for tests that are about something else: promoted on record, without a validation."""

from __future__ import annotations

from pathlib import Path

from made_signers import signer_in

from bureau.signers import trusted_signers
from scoring.bundle_folder import bundle_signature
from scoring.champion import named_champion, set_champion
from scoring.promotion_log import Promotion, PromotionLog

__all__ = ["make_champion"]


def make_champion(root: Path, version: str) -> Path:
    """Let a bundle in the home at `root` be the champion of the portfolio it is named for; the file that says so."""
    bundles, signers = root / "bundles", root / "keys" / "signers"
    portfolio, signer = version.rpartition("-")[0], signer_in(signers)
    before, (_, manifest) = named_champion(bundles, portfolio), bundle_signature(bundles / version)
    promotion = Promotion("2026-01-31T00:00:00Z", portfolio, before, version, signer.name, "for a test", manifest)
    PromotionLog(bundles, trusted_signers(signers)).append(promotion, signer)
    return set_champion(bundles, portfolio, version)
