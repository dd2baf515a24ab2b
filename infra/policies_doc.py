"""Writes docs/policies.md: every parameter, its value in each profile, and its source.

Run by hand after a change of kernel/policies: ``python -m infra.policies_doc docs/policies.md``.
A test compares the file with what this writes, so the two never part.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from journal import data
from kernel import policy_merge, policy_schema
from kernel.policy import Policy
from kernel.policy_kinds import display
from kernel.policy_schema import Spec

_HEAD = """\
# Policy parameters 政策参数

Made from `kernel/policies/*.toml` by `python -m infra.policies_doc docs/policies.md`; do not edit.

Each of the five documents is a profile: W 文县 WENXIAN, N 宁夏 NINGXIA, L 兰州 LANZHOU,
C 重庆 CHONGQING, Y 临沂 LINYI. A county chooses a profile and sets values within what is allowed;
a village may only tighten. Every policy has a start date, and a loan keeps the values of its
approval day. GK is general knowledge, PD a project default because the documents give no number.

In `county.toml`, under `[parameters]`: amounts in yuan (`"loan.cap" = "30000"`), rates as text
(`"fee.monthly_permille" = "6.5"`), days and months as whole numbers, switches as `true` or
`false`. Tables go by name (`"fee.by_purpose.种植" = "6.0"`).
"""
_TIGHTEN = {"lower": "lower", "higher": "higher", "subset": "fewer", "none": "–"}


def render() -> str:
    """The whole document as Markdown."""
    schema = policy_schema.load(data.kernel_file("policies/default.toml"))
    profiles = {name: data.policy(name) for name in data.PROFILES}
    return "\n".join(
        [
            _HEAD,
            "## Values",
            "",
            "· the document is silent: the default applies. ※ no rule of this release reads it;",
            "the process or rule of the domain that will one day stands beside it.",
            "",
            *_values(schema, profiles),
            "",
            "## Limits and sources",
            "",
            "Village: the direction in which a village may tighten its county's value.",
            "",
            *_sources(schema),
            "",
            "## What each document says",
            "",
            *_sayings(schema),
            "## Signature sets 签字",
            "",
            "The last row whose amount is passed holds; “if” names the parameter that asks for it.",
            "",
            *_signatures(profiles["WENXIAN"]),
            "",
            "## Roles 角色",
            "",
            *_roles(),
            "",
        ]
    )


def _values(schema: Mapping[str, Spec], profiles: Mapping[str, Policy]) -> Iterator[str]:
    yield "| Parameter | 参数 | Default | W | N | L | C | Y |"
    yield "|---|---|---|---|---|---|---|---|"
    for key, spec in schema.items():
        cells = [_said(policy, key, spec) for policy in profiles.values()]
        default = display(spec.kind, spec.value)
        waits = f" ※ {spec.waits}" if spec.waits else ""
        yield _row(f"`{key}`{waits}", spec.zh, default, *cells)


def _said(policy: Policy, key: str, spec: Spec) -> str:
    silent = policy.settings[key].place == policy_merge.DEFAULT
    return "·" if silent else display(spec.kind, policy.get(key))


def _sources(schema: Mapping[str, Spec]) -> Iterator[str]:
    yield "| Parameter | Meaning | Kind | Allowed | Village | Source of the default |"
    yield "|---|---|---|---|---|---|"
    for key, spec in schema.items():
        allowed = spec.allowed.text.replace("|", ", ") or "–"
        way = _TIGHTEN[spec.tighten]
        yield _row(f"`{key}`", spec.en, spec.kind, allowed, way, spec.source)


def _sayings(schema: Mapping[str, Spec]) -> Iterator[str]:
    for name in data.PROFILES:
        _, entries, _ = policy_merge.profile_parts(data.sources(name).profile)
        yield f"### {name}"
        yield ""
        yield "| Parameter | Value | Source | Remark |"
        yield "|---|---|---|---|"
        policy = data.policy(name)
        for key, entry in entries.items():
            given = entry.value is not None
            value = display(schema[key].kind, policy.get(key)) if given else "no number"
            limits = [entry.says]
            if entry.allowed:
                limits.append(f"allowed {entry.allowed}")
            if entry.locked:
                limits.append("locked")
            yield _row(f"`{key}`", value, entry.source, "; ".join(filter(None, limits)))
        yield ""


def _signatures(policy: Policy) -> Iterator[str]:
    yield "| Set | Amount | Who signs | Source |"
    yield "|---|---|---|---|"
    for name, one in policy.sets.items():
        for variant in one.variants:
            who = []
            for step in variant.steps:
                asked = [f"{key} = {_plain(value)}" for key, value in step.when.items()]
                when = f" (if {', '.join(asked)})" if asked else ""
                who.append(f"{step.role}: {step.quorum}{when}")
            apart = "; no person twice" if one.apart else ""
            above = f"above `{variant.above}`" if variant.above else "any"
            yield _row(f"`{name}`", above, ", ".join(who) + apart, one.source)


def _roles() -> Iterator[str]:
    yield "| Role | 角色 | Meaning | Power | Posts that give it | Source |"
    yield "|---|---|---|---|---|---|"
    for role in data.roles().values():
        posts = ", ".join(role.posts) or "–"
        yield _row(f"`{role.name}`", role.zh, role.en, role.power or "–", posts, role.source)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
