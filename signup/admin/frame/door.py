"""The lock on the operator's door: who is asking, whether they may, and that the request is their own (CSRF, Origin).

Every route goes through `Door.route`, which wants a permission and what the route is about; `check` refuses an endpoint
that declared no permission, and lets nobody but those who work with every list through one that is about nobody knows
what.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import refresh
from flask_wtf.csrf import validate_csrf
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from wtforms import ValidationError

from signup.access import scope, session
from signup.access.operator import Operator, Permission
from signup.access.session import OperatorSession
from signup.admin.frame.number import LARGEST
from signup.admin.frame.route_subject import EVERYTHING, About
from signup.fields.field import FieldGroup
from signup.ground.db import transaction
from signup.ground.errors import InvisibleCharacter, NotAllowed, NotFound
from signup.ground.i18n import settle
from signup.ground.plain_text import invisible, name_of, with_line_breaks
from signup.ground.urls import origin_of, settings

COOKIE = "operator"
CSRF_FIELD = "csrf_token"
MAX_TYPED = 1_000_000  # characters, beside the file


@dataclass(frozen=True)
class Lock:
    """What one endpoint asks for. `permission` None: open to everybody, and said so on purpose."""

    permission: Permission | None
    also: Permission | None = None
    """A second one, asked for besides."""
    proof: bool = False
    max_body: int | None = None
    group: FieldGroup | None = None
    """The group of fields that all of it is about: refused to roles that do not see it."""
    about: About | None = None
    """Not declared: as `EVERYTHING`, and `tests/admin/test_permissions.py` fails."""


PROVED_EXPORT = Lock(Permission.EXPORT, proof=True)
PROVED_ERASE = Lock(Permission.CONTACTS_ERASE, proof=True)
PROVED_SETTINGS = Lock(Permission.SETTINGS, proof=True)


class Door:
    """A blueprint whose every route declares its lock."""

    def __init__(self, bp: Blueprint) -> None:
        self.bp = bp
        self.locks: dict[str, Lock] = {}
        bp.before_request(self.check)

    def route(
        self,
        rule: str,
        view: Callable[..., ResponseReturnValue],
        lock: Permission | Lock,
        methods: str = "GET",
        *,
        about: About | None = None,
    ) -> None:
        """Add `view` under `rule`; its function's name is the endpoint's. `methods` is separated by blanks."""
        lock = lock if isinstance(lock, Lock) else Lock(lock)
        self.locks[view.__name__] = replace(lock, about=about)
        self.bp.add_url_rule(rule, view_func=view, methods=methods.split())

    def check(self) -> ResponseReturnValue | None:
        """Let the request in, send it to the sign-in or proof page, or raise `NotAllowed`."""
        endpoint = (request.endpoint or "").removeprefix("admin.")
        if endpoint == "static":
            return None
        lock = self.locks.get(endpoint)
        if lock is None:
            raise NotAllowed(endpoint)
        if lock.max_body:
            request.max_content_length = lock.max_body
            request.max_form_memory_size = MAX_TYPED
        g.about = lock.about
        _check_texts({**(request.view_args or {}), **request.args}.items())
        _recognise()
        if lock.permission is not None:
            if "operator" not in g:
                return redirect(url_for("admin.sign_in", next=_way_back()))
            for needed in filter(None, (lock.permission, lock.also)):
                if not g.operator.may(needed):
                    raise NotAllowed(needed)
            _check_reach(lock)
        if request.method == "POST":
            _check_own_request()
            _take_texts()
        if lock.proof and not session.is_proved(g.operator_session):
            return redirect(url_for("admin.prove", next=_way_back()), HTTPStatus.SEE_OTHER)
        return None


def _check_reach(lock: Lock) -> None:
    """Raise `NotAllowed` or `NotFound` for what is of a list or a group of fields that the operator may not know of."""
    values = request.view_args or {}
    if lock.group in scope.hidden_groups():
        raise NotAllowed(str(lock.group))
    (lock.about or EVERYTHING).check(values)
    if not scope.shows(values.get("key", "")):
        raise NotFound("a hidden field")


def _recognise() -> None:
    secret = request.cookies.get(cookie_name(), "")
    found, is_stale = session.find(secret) if secret else (None, False)
    if found is None:
        return
    if is_stale:
        with transaction():
            session.touch(found)
    g.operator_session, g.operator = found, found.operator
    settle(found.operator.language)
    refresh()


def _check_own_request() -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin_of(origin) not in {origin_of(settings().public_url), origin_of(request.host_url)}:
        raise NotAllowed("origin")
    try:
        validate_csrf(request.form.get(CSRF_FIELD))
    except ValidationError:
        abort(HTTPStatus.BAD_REQUEST)


def _take_texts() -> None:
    """Give the views what was typed with one kind of line break. What a field may hold is for the field to say."""
    typed = [(name, with_line_breaks(text)) for name, text in request.form.items(multi=True)]
    _check_texts(typed)
    request.form = ImmutableMultiDict(typed)


def _check_texts(typed: Iterable[tuple[str, object]]) -> None:
    """Raise `InvisibleCharacter` for what no mail, file or page should hold, `NotFound` for a number of no row.

    Neither engine keeps either.
    """
    for name, text in typed:
        if isinstance(text, int) and text > LARGEST:
            raise NotFound(name)
        for part in (name, text):
            if isinstance(part, str) and (found := invisible(part, lines=True)):
                raise InvisibleCharacter(name if part is text else "name", name_of(found))


def operator() -> Operator:
    """Who is signed in."""
    found: Operator = g.operator
    return found


def own_session() -> OperatorSession:
    """The session of this request."""
    found: OperatorSession = g.operator_session
    return found


def may(permission: str) -> bool:
    """Whether the operator of this request holds the permission; nobody holds none."""
    return "operator" in g and operator().may(Permission(permission))


def opens(lock: Permission | Lock, about: About | None) -> bool:
    """Whether the operator of this request may open a page with this lock that names no object."""
    lock = lock if isinstance(lock, Lock) else Lock(lock)
    needed = [permission for permission in (lock.permission, lock.also) if permission]
    is_of_all = about is None or about == EVERYTHING
    if is_of_all and not scope.sees_everything():
        return False
    return bool(needed) and all(may(permission) for permission in needed) and lock.group not in scope.hidden_groups()


def safe_path(path: str) -> str:
    """`path` when it is one of our own pages behind the sign-in, else the overview: no open redirect."""
    plain = path.partition("?")[0]
    if path.startswith("/admin") and "\\" not in path and not any(char < " " for char in path):
        try:
            endpoint, _values = current_app.url_map.bind("localhost").match(plain, method="GET")
        except (HTTPException, RequestRedirect):
            endpoint = ""
        if endpoint.startswith("admin.") and endpoint.removeprefix("admin.") not in {
            "static",
            "sign_in",
            "second_step",
            "forgot",
            "ticket",
            "prove",
        }:
            return path
    return url_for("admin.overview")


def _way_back() -> str | None:
    if request.method != "GET":
        return request.path if safe_path(request.path) == request.path else _referring_path()
    return request.full_path.rstrip("?")


def _referring_path() -> str | None:
    page = request.headers.get("Referer", "")
    path = page.removeprefix(request.host_url.rstrip("/"))
    return path if path != page and safe_path(path) == path else None


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and to TLS; plain http cannot have it."""
    return f"__Host-{COOKIE}" if settings().is_https else COOKIE


def give_cookie(response: Response, secret: str) -> Response:
    """Hand the browser its session; it forgets it when it closes."""
    response.set_cookie(cookie_name(), secret, path="/", secure=settings().is_https, httponly=True, samesite="Lax")
    return response


def take_cookie(response: Response) -> Response:
    response.delete_cookie(cookie_name(), path="/", secure=settings().is_https, httponly=True, samesite="Lax")
    return response
