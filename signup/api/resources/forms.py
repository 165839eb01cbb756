"""Forms: read, with what to paste into a website, and their figures."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from signup.access import scope
from signup.access.api_key import KeyScope
from signup.api.endpoint import endpoint
from signup.api.paging import page_of
from signup.api.shapes import Instant, PageOf, PageQuery, Shape, Slug, Told
from signup.counts.funnel import FunnelScope, read
from signup.counts.period import up_to_today
from signup.forms.form import Form, find_form
from signup.forms.snippet import html_snippet, script_snippet
from signup.ground.errors import NotFound
from signup.ground.urls import public_url


class FormField(Told):
    """A question of a form, beside the email address."""

    key: str
    type: str
    label: str
    is_required: bool
    options: list[str] = Field(description="The values to choose from; empty: anything.")


class FormTold(Told):
    """A form, as its current version is."""

    id: str
    name: str
    list: str = Field(description="The slug of its list.")
    version: int = Field(description="Name it in a sign-up: the person agreed to the words of this version.")
    kind: str
    language: str
    languages: Sequence[str]
    opt_in: str
    title: str
    wording: str = Field(description="What people agree to. Show exactly this beside the box that they tick.")
    fields: Sequence[FormField]
    hosted_url: str
    created_at: Instant
    archived_at: Instant | None


class FormPage(PageOf):
    """Forms by their age."""

    data: list[FormTold]


class FormQuery(PageQuery):
    """Which forms."""

    list: Slug | None = None


class Snippet(Told):
    """What to paste into a website."""

    script: str = Field(description="One line: our script draws the form.")
    html: str = Field(description="A form without script.")


class FigureQuery(Shape):
    """Which days."""

    days: int = Field(default=30, ge=1, le=3_660, description="Up to today, in UTC.")


class FormFigures(Told):
    """How many took each step, of the sign-ups of these days."""

    first: date
    last: date
    steps: dict[str, int]
    settled_first: date = Field(description="Of these days the time to confirm is over …")
    settled_last: date
    confirm_rate: float | None = Field(description="… and this share of their sign-ups confirmed.")


@endpoint("GET", "/forms", KeyScope.FORMS_READ, "All forms of the lists that the key reaches")
def forms(query: FormQuery) -> FormPage:
    mine = [scope.only(Form.list_id), Form.version_id.is_not(None)]
    if query.list:
        mine.append(Form.list_id == scope.mailing_list(query.list).id)
    rows, following = page_of(Form, query, *mine)
    return FormPage(data=[_told(one) for one in rows], next=following)


@endpoint("GET", "/forms/{form_id}", KeyScope.FORMS_READ, "One form")
def form_one(form_id: str) -> FormTold:
    return _told(_find(form_id))


@endpoint("GET", "/forms/{form_id}/snippet", KeyScope.FORMS_READ, "The lines to paste into a website")
def form_snippet(form_id: str) -> Snippet:
    form = _find(form_id)
    if form.archived_at is not None:
        raise NotFound("form")
    return Snippet(script=script_snippet(form), html=html_snippet(form))


@endpoint("GET", "/forms/{form_id}/figures", KeyScope.FORMS_READ, "How many saw it, signed up and confirmed")
def form_figures(form_id: str, query: FigureQuery) -> FormFigures:
    form, period = _find(form_id), up_to_today(query.days)
    settled = read(FunnelScope((form.id,), period.settled.first, period.settled.last))
    return FormFigures(
        first=period.first,
        last=period.last,
        steps=read(FunnelScope((form.id,), period.first, period.last)).as_dict(),
        settled_first=period.settled.first,
        settled_last=period.settled.last,
        confirm_rate=settled.confirm_rate,
    )


def _find(form_id: str) -> Form:
    form = find_form(form_id)
    if not scope.covers({form.list_id}):
        raise NotFound("form")
    return form


def _told(form: Form) -> FormTold:
    definition = form.version.definition
    return FormTold(
        id=form.public_id,
        name=form.name,
        list=form.list.slug,
        version=form.version.number,
        kind=definition.kind,
        language=definition.language,
        languages=list(definition.languages),
        opt_in=definition.opt_in,
        title=definition.title,
        wording=definition.wording,
        fields=[
            FormField(
                key=one.key,
                type=one.type,
                label=one.label,
                is_required=one.required,
                options=[option.value for option in one.options],
            )
            for one in definition.fields
        ],
        hosted_url=public_url("forms.show", public_id=form.public_id),
        created_at=form.created_at,
        archived_at=form.archived_at,
    )
