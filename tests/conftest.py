"""What all tests share: the data folder, a quiet offline environment, reproducible property tests."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Set before any library reads it: conftest is imported ahead of the tests.
os.environ |= {
    "MPLBACKEND": "Agg",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "FEAST_USAGE": "False",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "NO_COLOR": "1",
    "COLUMNS": "120",
}
_OURS = {name for name in os.environ if name.startswith("TRADELINE_")} - {"TRADELINE_DATA"}
for _name in (*_OURS, "FORCE_COLOR", "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID"):
    os.environ.pop(_name, None)

# A worker of pytest-xdist has a main module without a file, which pyspark takes for a run of its own doctests.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = str(Path(pytest.__file__).with_name("__main__.py"))

settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def find_data_folder() -> Path:
    """Where the data for tests should lie, there or not."""
    named = os.environ.get("TRADELINE_DATA")
    if named:
        return Path(named).expanduser().resolve()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return (ROOT / project["tool"]["tradeline"]["data-folder"]).resolve()


def data_or_skip(part: str) -> Path:
    """A file or folder of the data for tests; skips the test where it is absent."""
    path = find_data_folder() / part
    if not path.exists():
        pytest.skip(f"no test data: {part} is not in {find_data_folder()}; TRADELINE_DATA can name another folder")
    return path


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the data for tests; what needs it is skipped where it is absent."""
    return data_or_skip("")


@pytest.fixture(scope="session")
def home_credit_sample() -> Path:
    """The sample of Home Credit: 5,000 applicants with outcomes and 5,000 without."""
    return data_or_skip("home_credit_sample")


@pytest.fixture(scope="session")
def home_credit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up Home Credit folder; tests read it and change it not."""
    from made_up import write_home_credit

    return write_home_credit(tmp_path_factory.mktemp("home-credit"))
