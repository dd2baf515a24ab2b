"""One officer at the county's console: signs in, fills in forms, presses buttons, as a browser.

Used by ``county_door``. He sees only what a page shows him and sends only what its forms hold,
under his own session and its token; a refusal is what the page says.
"""

from html.parser import HTMLParser
from http import HTTPStatus

import httpx

from infra.demonstration.doors import Refused
from infra.demonstration.officers import Login

AT, PASSWORD = "/console", "password"
_TIMEOUT = 60.0


class PageNotUnderstood(Exception):
    """A page that is neither what was asked for nor a refusal; the text is its address."""


class Form:
    """One form of a page: where it goes and what it holds already."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}


class Page(HTMLParser):
    """What an officer makes of a page: the forms it sends by POST, and a refusal if it tells one.

    ``path`` is where he is.
    """

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.path = answer.url.path
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._code = ""
        self._told: dict[str, str] = {}
        self._language = ""
        self.feed(answer.text)
        if answer.status_code != HTTPStatus.OK and self.refused is None:
            raise PageNotUnderstood(f"{answer.status_code} {self.path}")

    @property
    def refused(self) -> Refused | None:
        """The refusal this page tells, with its code and in both languages."""
        if not self._code:
            return None
        return Refused(code=self._code, zh=self._told.get("zh-CN", ""), en=self._told.get("en", ""))

    def form(self, action: str, **fields: str) -> Form | None:
        """The form that goes to ``action`` and holds these fields."""
        return next(
            (
                one
                for one in self.forms
                if one.action == AT + action and fields.items() <= one.fields.items()
            ),
            None,
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their fields, and the refusal."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(told.get("action", "")) if told.get("method") == "post" else None
            self.forms += [self._form] if self._form else []
        elif tag == "input" and self._form and told.get("name"):
            self._form.fields[told["name"]] = told.get("value", "")
        elif tag == "div" and told.get("data-code"):
            self._code = told["data-code"]
        elif tag == "p" and self._code:
            self._language = told.get("lang", "")

    def handle_data(self, data: str) -> None:
        """Note what a refusal says."""
        if self._language:
            self._told[self._language] = self._told.get(self._language, "") + data

    def handle_endtag(self, tag: str) -> None:
        """A form or a sentence ends."""
        if tag == "form":
            self._form = None
        self._language = ""


class Clerk:
    """An officer with his browser at ``address``; signs in when he is first needed."""

    def __init__(self, address: str, login: Login) -> None:
        self.login = login
        self.http = httpx.Client(
            base_url=address, headers={"Origin": address}, timeout=_TIMEOUT, follow_redirects=True
        )
        self._signed_in = False

    def open(self, path: str, **query: str) -> Page:
        """Look at a page of the console."""
        if not self._signed_in:
            self._sign_in()
        return Page(self.http.get(AT + path, params=query))

    def send(self, form: Form, **fields: str) -> Page:
        """Send a form with what he types in, his password in the place for it."""
        filled = form.fields | fields
        if PASSWORD in filled:
            filled[PASSWORD] = self.login.password
        return Page(self.http.post(form.action, data=filled))

    def _sign_in(self) -> None:
        form = Page(self.http.get(f"{AT}/sign-in")).form("/sign-in")
        if form is None or self.send(form, user=self.login.user).path == f"{AT}/sign-in":
            raise PageNotUnderstood(f"{AT}/sign-in")
        self._signed_in = True
