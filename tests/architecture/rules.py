"""The style rules that one file can break (style.md section B), as functions over its tree.

Each rule says which files it holds for and yields a line and a sentence for every fault. The
tests run each rule over the repository and over a planted fault.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.architecture.source import Source

Faults = Iterator[tuple[int, str]]

FILE_LINES = 450
FUNCTION_LINES = 60
LINE_LENGTH = 100

PURE = frozenset({"contracts", "kernel"})
# Time, ids and randomness are arguments or ports here.
TIMELESS = frozenset({"contracts", "kernel", "journal", "workflows"})
_SQL_WORDS = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s)"
)
_SQL_BUILDERS = frozenset({"select", "insert", "update", "delete", "text"})
_SQL_CALL = re.compile(rf"(sa|sqlalchemy)\.({'|'.join(sorted(_SQL_BUILDERS))})")
_UNSTABLE = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "perf_counter", "sleep"},
    "uuid": {"uuid1", "uuid4", "uuid7"},
    "random": None,
    "secrets": None,
    "os": {"urandom", "getrandom"},
}
_PUT_OFF = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail)")
_PRAGMA = re.compile(r"\s*#\s*(noqa|type: ignore|fmt:|pragma:).*$")
_LEFT_OPEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


@dataclass(frozen=True)
class Rule:
    """A sentence that is true of the code base, where it holds, and how to find a breach."""

    says: str
    holds_for: Callable[[Source], bool]
    find: Callable[[Source], Faults]


def is_test(source: Source) -> bool:
    """Whether the file belongs to the tests."""
    return source.room == "tests"


def lines_of_file(source: Source) -> Faults:
    """Find a file longer than anybody reads."""
    if (count := len(source.text.splitlines())) > FILE_LINES:
        yield count, f"{count} lines"


def lines_of_function(source: Source) -> Faults:
    """Find functions that do not fit on a screen."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {count} lines"


def length_of_lines(source: Source) -> Faults:
    """Find lines too long to read beside another file."""
    for number, line in enumerate(source.text.splitlines(), 1):
        # What is said to a tool is not read by people.
        if (length := len(_PRAGMA.sub("", line))) > LINE_LENGTH:
            yield number, f"{length} characters"


def module_docstring(source: Source) -> Faults:
    """Find modules that do not say what they are."""
    said = ast.get_docstring(source.tree)
    if not source.tree.body:
        return  # an empty __init__.py only makes a folder a package
    if said is None or len(said.split()) < 3:
        yield 1, "no module docstring"


def floats(source: Source) -> Faults:
    """Find floating point and division where money is near."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the constant {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "a division that leaves the integers"


def clocks_and_chance(source: Source) -> Faults:
    """Find time, ids and randomness taken from the air."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            names = _UNSTABLE.get(name, set())
            # `workflow.now()`, `workflow.uuid4()` and `workflow.random()` are recorded.
            if names is None or node.attr in names:
                yield node.lineno, f"{name}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in _UNSTABLE:
            names = _UNSTABLE[node.module]
            for alias in node.names:
                if names is None or alias.name in names:
                    yield node.lineno, f"{node.module}.{alias.name}"


def iteration_over_sets(source: Source) -> Faults:
    """Find loops whose order differs from run to run."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _is_set(node.iter):
            yield node.iter.lineno, "a loop over a set"


def asserts(source: Source) -> Faults:
    """Find assert statements, which `python -O` deletes."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield node.lineno, "assert; use kernel.errors.ensure"


def sql_out_of_place(source: Source) -> Faults:
    """Find statements outside the places where they are kept."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _SQL_WORDS.match(node.value):
                yield node.lineno, "an SQL statement"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            for alias in node.names:
                if alias.name in _SQL_BUILDERS:
                    yield node.lineno, f"sqlalchemy.{alias.name}"
        elif isinstance(node, ast.Call) and _SQL_CALL.fullmatch(ast.unparse(node.func)):
            yield node.lineno, ast.unparse(node.func)


def left_open(source: Source) -> Faults:
    """Find what was put off: notes, stubs, skipped tests."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := _LEFT_OPEN.search(line):
            yield number, found[0]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, "NotImplementedError"
        elif isinstance(node, ast.Attribute) and _PUT_OFF.fullmatch(ast.unparse(node)):
            yield node.lineno, ast.unparse(node)


def only_forwards(source: Source) -> Faults:
    """Find files that hold nothing but other files' names."""
    body = [node for node in source.tree.body if not _is_docstring_or_all(node)]
    if body and all(isinstance(node, ast.Import | ast.ImportFrom) for node in body):
        yield 1, "only imports"


def waits_by_sleeping(source: Source) -> Faults:
    """Find tests that wait for a time instead of a fact."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"time.sleep", "asyncio.sleep"}:
            yield node.lineno, ast.unparse(node)


def mocks(source: Source) -> Faults:
    """Find stand-ins for our own code."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            if any(f"{module}{alias.name}".startswith("unittest.mock") for alias in node.names):
                yield node.lineno, "unittest.mock"


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
    return isinstance(node, ast.Set | ast.SetComp)


def _is_docstring_or_all(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _may_hold_sql(source: Source) -> bool:
    return (
        source.room in {"journal", "infra", "tests", "bench"}
        or source.path.name in {"tables.py", "queries.py"}
        or not {"cases", "queries"}.isdisjoint(source.path.parts)
    )


def _everywhere(_: Source) -> bool:
    return True


RULES = {
    "file_length": Rule(f"no file over {FILE_LINES} lines", _everywhere, lines_of_file),
    "function_length": Rule(
        f"no function over {FUNCTION_LINES} lines", _everywhere, lines_of_function
    ),
    "line_length": Rule(f"no line over {LINE_LENGTH} characters", _everywhere, length_of_lines),
    "docstring": Rule("every module says what it is", _everywhere, module_docstring),
    "float": Rule("no float near money", lambda s: s.room in PURE, floats),
    "chance": Rule(
        "time, ids and chance are arguments", lambda s: s.room in TIMELESS, clocks_and_chance
    ),
    "set_order": Rule(
        "no loop over a set", lambda s: s.room in {"kernel", "workflows"}, iteration_over_sets
    ),
    "assert": Rule("no assert outside tests", lambda s: not is_test(s), asserts),
    "sql": Rule("SQL stands in its places", lambda s: not _may_hold_sql(s), sql_out_of_place),
    "left_open": Rule(
        "nothing is left open",
        # The rules name what they look for; ports are bodies for others to fill.
        lambda s: s.path.parts[:2] != ("tests", "architecture") and s.path.name != "ports.py",
        left_open,
    ),
    "forwarding": Rule("no file only forwards", _everywhere, only_forwards),
    "sleep": Rule(
        "tests wait for facts, not for time",
        lambda s: is_test(s) and s.path.name.startswith("test_"),
        waits_by_sleeping,
    ),
    "mock": Rule("no stand-in for our own code", _everywhere, mocks),
}
