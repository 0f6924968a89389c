"""The house rules, as tests: each message says what to do instead."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE_CRATES = ("mm-core", "mm-wire", "mm-sim")
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60
MAX_FILE_BYTES = 200_000

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked() -> list[Path]:
    """Every file git knows or would add, relative to the root."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in names.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()
SOURCE = [path for path in FILES if path.parts[0] == "src" and path.suffix == ".py"]
RUST = [path for path in FILES if path.parts[0] == "rust" and "src" in path.parts and path.suffix == ".rs"]
TREES = {path: ast.parse((ROOT / path).read_text("utf-8"), str(path)) for path in SOURCE}


def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            yield path, node


def refuse(problems: list[str], instead: str) -> None:
    assert not problems, f"{instead}\n  " + "\n  ".join(problems)


def test_files_are_short() -> None:
    lengths = {path: text(path).count("\n") for path in SOURCE + RUST}
    refuse(
        [f"{path}: {length} lines" for path, length in lengths.items() if length >= MAX_FILE_LINES],
        f"a file has fewer than {MAX_FILE_LINES} lines: move one responsibility into a module of its own "
        "(Rust tests into the crate's tests folder)",
    )


def test_functions_are_short() -> None:
    functions = [(path, node) for path, node in nodes() if isinstance(node, Function)]
    refuse(
        [
            f"{path}:{node.lineno} {node.name}: {length} lines"
            for path, node in functions
            if (length := (node.end_lineno or node.lineno) - node.lineno + 1) >= MAX_FUNCTION_LINES
        ],
        f"a function has fewer than {MAX_FUNCTION_LINES} lines: name its steps",
    )


def test_complexity_limits_are_on() -> None:
    ruff = tomllib.loads(text(Path("pyproject.toml")))["tool"]["ruff"]["lint"]
    clippy = tomllib.loads(text(Path("clippy.toml")))
    assert ruff["select"] == ["ALL"], "keep every ruff rule on and explain each exception"
    assert "C901" not in ruff["ignore"], "split the function instead of switching C901 off"
    assert ruff["mccabe"]["max-complexity"] == 10, "complexity stays at most 10: split the function"
    assert clippy["too-many-lines-threshold"] == MAX_FUNCTION_LINES, (
        "split the function instead of raising clippy's limit"
    )


def test_each_ignored_rule_says_why() -> None:
    section = re.search(r"\[tool\.ruff\.lint\].*?\[tool\.ruff\.lint\.mccabe\]", text(Path("pyproject.toml")), re.DOTALL)
    assert section is not None
    lines = [line for line in section[0].splitlines() if re.match(r'\s+"[A-Z0-9]+",', line)]
    refuse([line for line in lines if "# " not in line], "write behind each ignored rule why it is ignored")


def test_nothing_prints() -> None:
    calls = [(path, node) for path, node in nodes() if isinstance(node, ast.Call)]
    refuse(
        [
            f"{path}:{node.lineno}"
            for path, node in calls
            if isinstance(node.func, ast.Name) and node.func.id == "print"
        ],
        "log with observe.log, or write to a rich Console that the caller passes: print bypasses redaction",
    )


def test_no_broad_except() -> None:
    broad = {"Exception", "BaseException"}
    # The one place that runs code which is not ours.
    allowed = Path("src/mmbot/strategy/ask.py")
    handlers = [(path, node) for path, node in nodes() if isinstance(node, ast.ExceptHandler) and path != allowed]

    def is_broad(kind: ast.expr | None) -> bool:
        if kind is None:
            return True
        kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        return any(isinstance(one, ast.Name) and one.id in broad for one in kinds)

    refuse(
        [f"{path}:{node.lineno}" for path, node in handlers if is_broad(node.type)],
        "name the errors you can handle; an unexpected one must stop the program",
    )


def test_names_say_something() -> None:
    vague = re.compile(r"^(utils?|helpers?|common|base|misc|v\d+|new|.*_(old|new|v\d+|utils?|helpers?)|enhanced_.*)$")
    names = {(path, part) for path in SOURCE + RUST for part in (*path.parts[1:-1], path.stem)}
    names |= {(path, node.name) for path, node in nodes() if isinstance(node, Function | ast.ClassDef)}
    refuse(
        sorted(f"{path}: {name}" for path, name in names if vague.match(name) and name != "new"),
        "name a thing after what it does; rename the old one instead of adding a second",
    )


def test_nothing_is_left_to_do() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX|HACK|todo!|unimplemented!)\b")
    kinds = {".py", ".pyi", ".rs", ".toml", ".md", ".yaml", ".yml", ""}
    files = [
        path for path in FILES if path.suffix in kinds and path != Path("tests/test_tidy.py") and path.name != "LICENSE"
    ]
    refuse(
        [
            f"{path}:{number}"
            for path in files
            for number, line in enumerate(text(path).splitlines(), 1)
            if mark.search(line)
        ],
        "finish it, or open an issue: a mark in the tree is forgotten",
    )


@pytest.mark.parametrize("crate", PURE_CRATES)
def test_pure_crates_cannot_name_a_clock_or_a_socket(crate: str) -> None:
    library = text(Path(f"rust/{crate}/src/lib.rs"))
    for line in ("#![no_std]", "#![forbid(unsafe_code)]"):
        assert line in library, f"{crate}: put {line} back into lib.rs: time, bytes and randomness enter as arguments"


def test_pure_crates_use_no_std_and_no_platform_floats() -> None:
    methods = r"\.(sqrt|exp|exp2|ln|log10|log2|powi|powf|floor|ceil|round|trunc|mul_add|sin|cos|tan|tanh|hypot|cbrt)\("
    forbidden = re.compile(rf"{methods}|\b(extern crate std|std::|HashMap|HashSet)\b|\bas \*(const|mut)\b")
    lines = [
        f"{path}:{number}: {line.strip()}"
        for path in RUST
        # A program beside the library is its host, and may do what a host does.
        if path.parts[1] in PURE_CRATES and "bin" not in path.parts
        for number, line in enumerate(text(path).splitlines(), 1)
        if not line.lstrip().startswith("//") and forbidden.search(line)
    ]
    refuse(lines, "in the pure crates use core and alloc, BTreeMap or an index table, and float functions of libm")


def test_rust_does_not_panic_on_purpose() -> None:
    panics = re.compile(r"\b(panic!|unreachable!|todo!|unimplemented!)|\.unwrap\(\)|\.expect\(\"")
    problems = []
    for path in RUST:
        shipped = text(path).split("#[cfg(test)]")[0]
        problems += [
            f"{path}:{number}: {line.strip()}"
            for number, line in enumerate(shipped.splitlines(), 1)
            if not line.lstrip().startswith("//") and panics.search(line) and path.stem != "tests"
        ]
    refuse(problems, "return an error or a fact; a panic in the core loses the orders that rest at the venue")


def test_every_room_has_its_floor() -> None:
    contracts = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    named = set(re.findall(r"\w+", " ".join(contracts[0]["layers"])))
    rooms = {path.parts[2] for path in SOURCE if len(path.parts) > 3}
    refuse(sorted(rooms - named), "add the new package to the layers in pyproject.toml: imports point one way")


def test_no_recordings_and_no_address_locks() -> None:
    large = [f"{path}: {size} bytes" for path in FILES if (size := (ROOT / path).stat().st_size) > MAX_FILE_BYTES]
    refuse(
        [entry for entry in large if not entry.startswith("requirements/")],
        "recordings stay in MMBOT_DATA_DIR and are read in place; generate what a test needs",
    )
    refuse(
        [str(path) for path in FILES if path.name in {"uv.lock", "poetry.lock", "Pipfile.lock"}],
        "lock Python with `make lock`: hashes without download addresses",
    )
    recorded = (".zst", ".gz", ".parquet", ".jsonl", ".csv")
    refuse([str(path) for path in FILES if path.name.endswith(recorded)], "no data files in the tree: generate them")


def test_locks_hold_hashes_and_no_addresses() -> None:
    for name in ("core", "build", "dev"):
        lock = text(Path(f"requirements/{name}.txt"))
        assert "://" not in lock, f"requirements/{name}.txt names an address: run `make lock`"
        pins = re.findall(r"^[a-z0-9].*==.*$", lock, re.MULTILINE)
        bare = [pin for pin in pins if f"{pin}\n    --hash=sha256:" not in lock]
        refuse(bare, f"requirements/{name}.txt must hold a hash for each pin: run `make lock`")


def test_declared_dependencies_are_the_locked_ones() -> None:
    declared = set(tomllib.loads(text(Path("pyproject.toml")))["project"]["dependencies"])
    wanted = {line for line in text(Path("requirements/core.in")).splitlines() if line and not line.startswith("#")}
    assert declared == wanted, "keep `dependencies` in pyproject.toml and requirements/core.in equal, then `make lock`"


def test_documents_name_only_what_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text(Path("Makefile")), re.MULTILINE))
    documents = [path for path in FILES if path.suffix == ".md"]
    wrong_targets = [
        f"{path}: make {target}"
        for path in documents
        for target in re.findall(r"\bmake ([a-z]+)\b(?=[`\s|]*(?:$|[`|#A-Z]))", text(path), re.MULTILINE)
        if target not in targets
    ]
    refuse(wrong_targets, "documents name targets that the Makefile has")
    paths = re.compile(r"`((?:src|rust|tests|docs|requirements)/[\w./-]+)`")
    missing = [
        f"{path}: {name}" for path in documents for name in paths.findall(text(path)) if not (ROOT / name).exists()
    ]
    refuse(missing, "documents name files that exist: correct the path")
