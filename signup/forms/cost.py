"""What a form's questions cost in sign-ups: a published benchmark until the form's own figures say better."""

from signup.forms.form import Definition

# Share of visitors who sign up, by the number of visible fields, the e-mail address among them.
BENCHMARK = {1: 0.255, 2: 0.2525, 3: 0.25, 4: 0.225, 5: 0.20, 6: 0.16, 7: 0.12}
FREE = 3
PHONES = {"phone", "telephone", "mobile", "phone_number"}


def visible(definition: Definition) -> int:
    """How many fields a visitor meets before sending: the address and what is not asked later."""
    return 1 + sum(not field.is_later for field in definition.fields)


def expected_cost(definition: Definition) -> float:
    """The share of sign-ups that more than three visible fields are expected to cost, 0 to 1."""
    n = visible(definition)
    return 0.0 if n <= FREE else 1 - BENCHMARK[min(n, max(BENCHMARK))] / BENCHMARK[FREE]


def asks_phone(definition: Definition) -> bool:
    """Whether a telephone number is among the visible questions: it costs a quarter to two fifths by itself."""
    return any(field.key in PHONES and not field.is_later for field in definition.fields)
