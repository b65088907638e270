"""A version that a home does not have, and the versions that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from bureau.home import open_home
from training.errors import UnknownVersion
from training.versions import require_version


def test_an_unknown_version_is_answered_with_the_newest_that_are_there(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    with pytest.raises(UnknownVersion, match=r"taiwan-1: no model was trained here; train one with `tradeline train`"):
        require_version(home, "taiwan-1")
    for name in ("taiwan-2", "taiwan-10", "taiwan-9", ".taiwan-11.unfinished"):
        (home.bundles / name).mkdir(parents=True)
    (home.bundles / "champion-taiwan").touch()
    require_version(home, "taiwan-10")
    for unknown in ("taiwan-3", "../taiwan-2", "champion-taiwan", ".taiwan-11.unfinished"):
        with pytest.raises(UnknownVersion, match=r"is called so; there are taiwan-10, taiwan-9, taiwan-2$"):
            require_version(home, unknown)
    for number in range(20, 24):
        (home.bundles / f"taiwan-{number}").mkdir()
    with pytest.raises(UnknownVersion, match=r"taiwan-23, taiwan-22, taiwan-21, taiwan-20, taiwan-10 and 2 more$"):
        require_version(home, "taiwan-3")
