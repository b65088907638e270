"""The rules of the house, checked on its own files."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.metadata
import importlib.util
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bureau", "features", "feature_repo", "scoring", "training", "serving", "tradeline")
MADE_BY_TOOLS = {"requirements/lock.txt", "requirements/uv.txt", "requirements/data.txt", "LICENSE", "docs/features.md"}
MOST_LINES = 500
NOT_OURS = {".git", ".venv", ".hypothesis", "var", "build", "dist"}


# -- the files ----------------------------------------------------------------------------------


@functools.cache
def _files() -> tuple[Path, ...]:
    """Every file of the project that is or would be committed."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True,
        ).stdout.decode()  # fmt: skip
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _is_left_out(path.relative_to(ROOT))]
    return tuple(sorted(path for path in paths if path.is_file()))


def _is_left_out(path: Path) -> bool:
    made = any(part.endswith(("_cache", ".egg-info")) or part == "__pycache__" for part in path.parts)
    return path.parts[0] in NOT_OURS or made


@functools.cache
def _texts() -> dict[str, str]:
    """Every text file by its path under the root."""
    texts = {}
    for path in _files():
        content = path.read_bytes()
        if b"\0" not in content:
            texts[path.relative_to(ROOT).as_posix()] = content.decode("utf-8")
    return texts


@functools.cache
def _modules() -> dict[str, ast.Module]:
    """Every module of our packages, parsed, by its path under the root."""
    return {
        name: ast.parse(text, filename=name)
        for name, text in _texts().items()
        if name.endswith(".py") and name.split("/")[0] in PACKAGES
    }


def _outside_tradeline() -> dict[str, ast.Module]:
    return {name: tree for name, tree in _modules().items() if not name.startswith("tradeline/")}


def _found(pattern: str, *, but_not_in: frozenset[str] = frozenset()) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for name, text in _texts().items()
        if name not in but_not_in
        for hit in re.finditer(pattern, text)
    ]


# -- the generic names --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def owners() -> dict[str, list[str]]:
    return {name: list(who) for name, who in importlib.metadata.packages_distributions().items()}


@pytest.mark.parametrize("package", PACKAGES)
def test_generic_package_name_is_ours(package: str, owners: dict[str, list[str]]) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} cannot be imported; run `make setup`"
    assert spec.submodule_search_locations is not None, f"{package} is no package"
    where = [Path(location).resolve() for location in spec.submodule_search_locations]
    assert where == [ROOT / package], f"{package} comes from elsewhere: {where}"
    assert set(owners.get(package, [])) <= {"tradeline"}, f"{package} also belongs to {owners[package]}"


def test_wheel_holds_exactly_the_packages() -> None:
    project = tomllib.loads(_texts()["pyproject.toml"])
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(PACKAGES)
    assert sorted(project["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)
    assert sorted(project["tool"]["mypy"]["packages"]) == sorted(PACKAGES)


def test_no_package_marker_under_tests() -> None:
    assert not [name for name in _texts() if name.startswith("tests/") and name.endswith("/__init__.py")]


# -- the public surface -------------------------------------------------------------------------


def _declared(tree: ast.Module) -> list[str] | None:
    """The literal ``__all__`` of a module, if it has one."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return None


def _bound(body: list[ast.stmt], *, imports: bool) -> Iterator[str]:
    """Names that a module binds at its top."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (name for target in node.targets for name in _assigned(target))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.If):
            yield from _bound([*node.body, *node.orelse], imports=imports)
        elif imports and isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            yield from (alias.asname or alias.name for alias in node.names)


def _assigned(target: ast.expr) -> Iterator[str]:
    """Names that an assignment binds, those of a tuple one by one."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple):
        for element in target.elts:
            yield from _assigned(element)


def test_all_equals_the_public_names() -> None:
    wrong = []
    for name, tree in _modules().items():
        front = name.endswith("/__init__.py")
        declared = _declared(tree)
        public = {bound for bound in _bound(tree.body, imports=front) if not bound.startswith("_")}
        if declared is None:
            if front and public:
                wrong.append(f"{name}: binds {sorted(public)} and has no __all__")
        elif len(set(declared)) != len(declared):
            wrong.append(f"{name}: a name stands twice in __all__")
        elif "__getattr__" in set(_bound(tree.body, imports=False)):
            package = importlib.import_module(name.removesuffix("/__init__.py").removesuffix(".py").replace("/", "."))
            wrong += [f"{name}: no {each}" for each in declared if not hasattr(package, each)]
        elif public != set(declared):
            wrong.append(f"{name}: __all__ and the public names differ in {sorted(public ^ set(declared))}")
    assert not wrong, "\n".join(wrong)


# -- what no file may hold ----------------------------------------------------------------------


def test_no_file_names_a_registry_host() -> None:
    hosts = (
        r"pypi\.org|pythonhosted\.org|conda\.(?:anaconda\.org|io)|devpi"
        r"|(?:mirrors?|pypi)\.[a-z0-9-]+\.(?:com|edu|cn|org)|/simple/|--(?:extra-)?index-url[ =]\S+|--find-links"
    )
    found = _found(hosts, but_not_in=frozenset({"tests/test_house.py"}))
    found += [f"{hit} (an address)" for hit in _found(r"[a-z]+://\S+") if hit.startswith("requirements/")]
    assert not found, "\n".join(found)


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert not _found(r"(?<![\w.~:/$}-])/(?:work|root|home|Users)/[\w.-]+")


def test_lock_pins_every_package_with_hashes() -> None:
    for name in ("lock", "uv", "data"):
        text = _texts()[f"requirements/{name}.txt"]
        entries = [line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith("#")]
        assert entries, name
        for entry in entries:
            assert "==" in entry, entry
            assert "--hash=sha256:" in entry, entry


def test_every_direct_dependency_is_bounded_on_both_sides() -> None:
    project = tomllib.loads(_texts()["pyproject.toml"])
    direct = [*project["project"]["dependencies"], *project["dependency-groups"]["develop"]]
    assert not [one for one in direct if not re.search(r">=[\d.]+,<[\d.]+$", one)]


def test_default_data_folder_stands_in_one_place() -> None:
    default = tomllib.loads(_texts()["pyproject.toml"])["tool"]["tradeline"]["data-folder"]
    code = {name: text for name, text in _texts().items() if name.endswith((".py", ".toml", ".ipynb", "Makefile"))}
    assert [name for name, text in code.items() if default in text] == ["pyproject.toml"]


def test_files_are_short_enough_to_read() -> None:
    long = {
        name: lines
        for name, text in _texts().items()
        if name not in MADE_BY_TOOLS and not name.endswith((".ipynb", ".svg"))
        if (lines := text.count("\n")) > MOST_LINES
    }
    assert not long, f"more than {MOST_LINES} lines: {long}"


def test_nothing_is_put_off_without_a_reason() -> None:
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"))
    found = _found(rf"\b(?:{marks})\b(?!(?:\([^)\n]+\))?: \S.{{9}}).*", but_not_in=frozenset(MADE_BY_TOOLS))
    assert not found, "\n".join(found)


def test_no_module_prints() -> None:
    assert not [
        f"{name}:{node.lineno}"
        for name, tree in _modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


# -- the edges ----------------------------------------------------------------------------------


def test_environment_is_read_in_tradeline_alone() -> None:
    names = {"environ", "environb", "getenv", "getenvb", "BaseSettings"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _outside_tradeline().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.ImportFrom) and names & {alias.name for alias in node.names})
    ]
    assert not found, f"settings are read in tradeline/ and handed down as arguments: {found}"


def test_clock_is_read_in_tradeline_alone() -> None:
    methods = {"now", "today", "utcnow"}
    in_sql = re.compile(r"\b(?:now|today|get_current_timestamp)\(\)|\bcurrent_(?:date|time|timestamp)\b", re.IGNORECASE)
    found = []
    for name, tree in _outside_tradeline().items():
        told = _docstrings(tree)
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and (
                called.attr in methods or ast.unparse(called) in {"time.time", "time.time_ns"}
            ):
                found.append(f"{name}:{node.lineno}: {ast.unparse(called)}()")
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
                found += [f"{name}:{node.lineno}: {hit}" for hit in in_sql.findall(node.value)]
    assert not found, "a moment is an argument; only tradeline/ reads the clock:\n" + "\n".join(found)


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    """Strings that stand alone as a statement."""
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


# -- the texts ----------------------------------------------------------------------------------


def test_changelog_has_an_entry_for_the_version() -> None:
    version = tomllib.loads(_texts()["pyproject.toml"])["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\] - ", _texts()["CHANGELOG.md"], flags=re.MULTILINE)


def test_decision_records_are_numbered_and_have_their_parts() -> None:
    records = sorted(name for name in _texts() if re.match(r"docs/decisions/\d{4}-", name))
    numbers = [int(name.split("/")[-1][:4]) for name in records]
    assert numbers == list(range(1, len(records) + 1))
    for name in records:
        for part in ("## Problem", "## Decision", "## What follows", "## What it does not cover"):
            assert part in _texts()[name], f"{name} lacks {part!r}"


def test_links_between_texts_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in _texts().items()
        if name.endswith(".md")
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_every_make_target_in_the_texts_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", _texts()["Makefile"], flags=re.MULTILINE))
    named = {
        (name, target)
        for name, text in _texts().items()
        if name.endswith(".md")
        for target in re.findall(r"`make ([a-z-]+)", text)
    }
    assert not {(name, target) for name, target in named if target not in targets}
