"""Posts: all filled, held by the persons they name, and never in hands R-011 keeps apart."""

from collections import defaultdict

from infra.county_directory.kinds import SUPERVISOR_POSTS, PostKind
from infra.county_directory.layout import word_zh
from infra.county_directory.problems import Place, Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables
from kernel.policy import Policy
from kernel.rules_groups import SEATS

_NEEDS_COLUMN = {PostKind.GROUP_HEAD: "group", PostKind.CENTRE_HEAD: "centre"}
type_of_holder = tuple[str, str]


def check_posts(tables: Tables, policy: Policy | None, problems: Problems) -> None:
    """Note vacant, doubled and forbidden combinations of posts, and persons misnamed."""
    held: dict[type_of_holder, list[Row]] = defaultdict(list)
    for row in tables["posts.csv"]:
        _person(row, tables, problems)
        column = _NEEDS_COLUMN.get(PostKind(row.text("post"))) if row.text("post") else None
        if column and row.was_read(column) and not row.text(column):
            problems.note(row.place(column), "POST_NEEDS", **_names(row.text("post")))
        if row.text("cooperative") and row.text("person"):
            held[holder_of(row)].append(row)
    for rows in held.values():
        _combination(rows, policy, problems)
    _one_a_seat(tables, problems)
    _vacancies(tables, problems)
    for row in tables["officers.csv"]:
        if row.text("body") == "township" and row.was_read("township") and not row.text("township"):
            problems.note(row.place("township"), "OFFICER_NEEDS_TOWNSHIP")


def holder_of(row: Row) -> type_of_holder:
    """The natural person of a row of posts.csv (as ``Post.holder``)."""
    return (row.text("cooperative"), row.text("household") or row.text("person"))


def _names(post: str) -> dict[str, str]:
    return {"post": post, "zh_post": word_zh("post", post)}


def _person(row: Row, tables: Tables, problems: Problems) -> None:
    member = tables.find("members.csv", row, "household")
    name = member.text("person") if member else ""
    if name and row.text("person") and name != row.text("person"):
        facts = {"household": row.text("household"), "member": name, "value": row.text("person")}
        problems.note(row.place("person"), "POST_PERSON_DIFFERS", **facts)


def _combination(rows: list[Row], policy: Policy | None, problems: Problems) -> None:
    """All posts of one person; the later row carries the problem."""
    first: dict[tuple[str, str, str], Row] = {}
    kinds: dict[str, Row] = {}
    for row in rows:
        post, person = row.text("post"), row.text("person")
        same = first.setdefault((post, row.text("group"), row.text("centre")), row)
        if post and same is not row:
            facts = {"person": person, "other_row": same.number, **_names(post)}
            problems.note(row.place("post"), "POST_DOUBLED", **facts)
        kinds.setdefault(post, row)
    kinds.pop("", None)
    _apart(kinds, PostKind.ACCOUNTANT, "ACCOUNTANT_IS_CASHIER", problems)
    if policy is not None and not policy.flag("posts.deputy_is_cashier"):
        _apart(kinds, PostKind.DEPUTY, "DEPUTY_IS_CASHIER", problems)
    if kinds.keys() & set(SUPERVISOR_POSTS):
        for post, row in kinds.items():
            if post not in SUPERVISOR_POSTS:
                facts = {"person": row.text("person"), **_names(post)}
                problems.note(row.place("post"), "SUPERVISOR_HOLDS_POST", **facts)


def _apart(kinds: dict[str, Row], post: PostKind, code: str, problems: Problems) -> None:
    if {post, PostKind.CASHIER} <= kinds.keys():
        row = max(kinds[post], kinds[PostKind.CASHIER], key=lambda one: one.number)
        problems.note(row.place("post"), code, person=row.text("person"))


def _one_a_seat(tables: Tables, problems: Problems) -> None:
    first: dict[tuple[str, str], Row] = {}
    for row in tables["posts.csv"]:
        cooperative, post = row.text("cooperative"), row.text("post")
        if not cooperative or post not in SEATS or not row.text("person"):
            continue
        other = first.setdefault((cooperative, post), row)
        if holder_of(other) != holder_of(row):
            facts = {"holder": other.text("person"), "other_row": other.number, **_names(post)}
            problems.note(row.place("post"), "SEAT_TAKEN", **facts)


def _vacancies(tables: Tables, problems: Problems) -> None:
    filled = {(row.text("cooperative"), row.text("post")) for row in tables["posts.csv"]}
    # A row whose cooperative or post is unreadable may be the one that seems missing.
    if any(not row.text("cooperative") or not row.text("post") for row in tables["posts.csv"]):
        return
    for cooperative in tables.by_id["cooperatives.csv"]:
        for post in SEATS:
            if (cooperative, post) not in filled:
                facts = {"cooperative": cooperative, **_names(post)}
                problems.note(Place("posts.csv"), "POST_VACANT", **facts)
