"""How a mail looks: the colours of its button and links, its corners and font, its logo. `forms.look_in_mail` makes it
of a form's look.
"""

from typing import NamedTuple


class MailLook(NamedTuple):
    """Defaults are ours, the same as on our pages. Whoever gives another accent gives what can be read on it."""

    accent: str = "#4338ca"
    on_accent: str = "#ffffff"
    dark_accent: str = "#a5b4fc"
    """The button in the dark."""
    on_dark_accent: str = "#16163a"
    link: str = "#4338ca"
    dark_link: str = "#a5b4fc"
    radius: int = 9
    font: str = "system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
    logo: str = ""
    """Where it is."""
    logo_alt: str = ""
    logo_width: int = 0
    logo_height: int = 0


LIGHT = {"page": "#f4f4f8", "card": "#ffffff", "ink": "#1c1c28", "soft": "#565668", "line": "#dedee8"}
DARK = {"page": "#14151b", "card": "#1f2029", "ink": "#ececf4", "soft": "#b6b6c6", "line": "#3b3c4a"}
"""The grounds and greys of every mail, in the light and in the dark."""
