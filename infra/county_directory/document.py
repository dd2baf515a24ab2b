"""The format of a county directory as Markdown tables, made from ``format.toml``.

Called by `lianhe county format`, which puts them into docs/county-directory.md; a test compares the
two. Says what the reader does because both read the same data.
"""

from collections.abc import Iterator

from infra.county_directory.layout import Column, layout

START, END = "<!-- made by `lianhe county format` -->", "<!-- end of what it made -->"
_MAY_BE_EMPTY = "empty 可空"


def format_tables() -> str:
    """Every section, file, column and word of the format, Chinese beside English."""
    return "\n".join([*_settings(), *_files(), *_words(), *_figures()])


def put_into(text: str) -> str:
    """The document with its made part renewed; ValueError if it has no place for it."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"no {START} … {END}")
    return f"{before}{START}\n\n{format_tables()}\n{END}{after}"


def _settings() -> Iterator[str]:
    file = ""
    for section in layout().section:
        if section.file != file:
            file = section.file
            yield from (f"### {file}", "")
        title = f"[[{section.name}]]" if section.repeats else f"[{section.name}]"
        heading = f"**`{title}`** " if section.name else ""
        yield f"{heading}{section.about} {section.about_zh}"
        yield from ("", "| Key 项 | Value 值 | Meaning | 含义 |", "|---|---|---|---|")
        yield from (_key(column) for column in section.keys)
        yield ""


def _key(column: Column) -> str:
    return f"| `{column.name}` | {_value(column)} | {column.about} | {column.about_zh} |"


def _files() -> Iterator[str]:
    for file in layout().file:
        needed = "required 必备" if file.required else "optional 可无"
        yield from (f"### {file.name} {file.zh}", "", f"*{needed}.* {file.about} {file.about_zh}")
        yield from ("", "| Column 列 | 中文表头 | Value 值 | Meaning | 含义 |")
        yield "|---|---|---|---|---|"
        yield from (_column(column) for column in file.columns)
        yield ""


def _column(column: Column) -> str:
    headers = "、".join(column.zh)
    return (
        f"| `{column.name}` | {headers} | {_value(column)} | {column.about} | {column.about_zh} |"
    )


def _value(column: Column) -> str:
    english, chinese = layout().kinds[column.kind]
    value = f"{english} {chinese}"
    if column.kind == "choice":
        value = f"[{column.of}](#words-词表)"
    elif column.to:
        value = f"{english} ({column.to})"
    if column.blank is True:
        return f"{value}; {_MAY_BE_EMPTY}"
    return value if column.blank is False else f"{value}; {_MAY_BE_EMPTY} = `{column.blank}`"


def _words() -> Iterator[str]:
    yield from ("### Words 词表", "", "| List 表 | Word 词 | 中文(任写其一) |", "|---|---|---|")
    for name, words in layout().choices.items():
        for word, chinese in words.items():
            yield f"| {name} | `{word}` | {'、'.join(chinese)} |"
    yield ""


def _figures() -> Iterator[str]:
    yield from ("### Figures 指标", "", "| Key | 指标 | Figure | Proven by 由谁证明 |")
    yield "|---|---|---|---|"
    provers = {"files": "the files 各文件", "run": "the demonstration 演示", "told": "– (context)"}
    for key, (chinese, english, prover) in layout().figures.items():
        yield f"| `{key}` | {chinese} | {english} | {provers[prover]} |"
    yield ""
