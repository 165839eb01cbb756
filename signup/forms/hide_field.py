"""A field that goes out of use leaves the forms that ask it, by new versions; brought back, it returns to those forms
that nobody has changed since.
"""

from sqlalchemy import select

from signup.fields import value_archive
from signup.fields.field import Field, FieldState, move
from signup.forms.form import Form, FormVersion
from signup.forms.live_form import forget_live_forms
from signup.forms.texts import FormTexts
from signup.ground.db import db


def forms_asking(key: str) -> list[Form]:
    """The forms whose current version asks this, closed ones too: they can be opened again."""
    forms = db.session.scalars(select(Form).where(Form.version_id.is_not(None)).order_by(Form.id))
    return [form for form in forms if any(field.key == key for field in form.version.definition.fields)]


def hide(field: Field, operator_id: int | None) -> bool:
    """Take an active field out of use; False when it is not active any more. Needs an open transaction."""
    if not move(field, FieldState.ACTIVE, FieldState.HIDDEN):
        return False
    changed = []
    for form in forms_asking(field.key):
        before, definition = form.version.number, form.version.definition
        left = tuple(asked for asked in definition.fields if asked.key != field.key)
        translations = {language: _without(texts, field.key) for language, texts in definition.translations.items()}
        after = form.publish(definition.model_copy(update={"fields": left, "translations": translations}), operator_id)
        changed.append([form.public_id, before, after.number])
    field.taken_off = changed
    forget_live_forms()
    return True


def _without(texts: FormTexts, key: str) -> FormTexts:
    return texts.model_copy(update={"fields": {name: said for name, said in texts.fields.items() if name != key}})


def show(field: Field, operator_id: int | None) -> list[str] | None:
    """Put a hidden field to use again. Returns the names of forms that were changed since and must ask it anew by hand;
    None when it is not hidden, or its archived values are not all back yet. Needs an open transaction.
    """
    taken_off = list(field.taken_off)
    if value_archive.has_archived(field.id) or not move(field, FieldState.HIDDEN, FieldState.ACTIVE, taken_off=[]):
        return None
    left = []
    for public_id, before, after in taken_off:
        form = db.session.scalar(select(Form).where(Form.public_id == public_id))
        if form is None:
            continue
        if form.version.number != after:
            left.append(form.name)
            continue
        query = select(FormVersion).where(FormVersion.form_id == form.id, FormVersion.number == before)
        form.publish(db.session.scalars(query).one().definition, operator_id)
    forget_live_forms()
    return left
