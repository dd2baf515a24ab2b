"""What the verifier finds: the first false fact, named, with its place, in two languages.

Raised by every check of this room, caught by its entry. A file that is nothing this verifier
knows is ``Unreadable``: no fact was judged.
"""

from verifier.texts import TEXTS


class Falsehood(Exception):
    """A statement that is not true. ``name`` is one of TEXTS, ``place`` where it stands."""

    def __init__(self, name: str, place: str, /, **facts: object) -> None:
        super().__init__(name, place, facts)
        self.name = name
        self.place = place
        self.facts = facts

    def text(self, language: str) -> str:
        """One sentence, ``zh`` or ``en``."""
        return TEXTS[self.name][0 if language == "zh" else 1].format(**self.facts)

    def __str__(self) -> str:
        return f"{self.place}: {self.text('zh')} / {self.text('en')}"


class Unreadable(Exception):
    """Neither a package nor a batch: ``zh`` and ``en`` say what it seems to be."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en


def require(holds: bool, name: str, place: str, /, **facts: object) -> None:
    """Raise Falsehood ``name`` at ``place`` unless ``holds``."""
    if not holds:
        raise Falsehood(name, place, **facts)
