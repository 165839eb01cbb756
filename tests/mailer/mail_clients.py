"""What programs for email know of HTML and CSS, as far as our mails use it; by hand, after caniemail.com (2026).

A line for each property and each thing that a mail of ours may use: who does not know it, and what becomes of the mail
there. What has no line is not used.
"""

from typing import NamedTuple

WORD = "Outlook for Windows, drawn by Word"
OUTLOOK = "Outlook.com, the new Outlook and its apps"
GMAIL = "Gmail"
GMAIL_PLAIN = "Gmail's app with a mailbox elsewhere: no style sheet at all"
APPLE = "Apple Mail"
YAHOO = "Yahoo and AOL"
SAMSUNG = "Samsung Email"
GMX = "GMX and web.de"
ORANGE = "Orange and Wanadoo"
THUNDERBIRD = "Thunderbird"
CLIENTS = (WORD, OUTLOOK, GMAIL, GMAIL_PLAIN, APPLE, YAHOO, SAMSUNG, GMX, ORANGE, THUNDERBIRD)


class Support(NamedTuple):
    """`unknown_to` names the clients that leave it out; `instead` is a pattern that must stand in the mail for them.

    Without `instead`, the mail is whole without it: corners are square, the dark is left to the program.
    """

    unknown_to: tuple[str, ...] = ()
    instead: str = ""


EVERYWHERE = Support()
PROPERTIES = {
    "background-color": EVERYWHERE,
    "border": EVERYWHERE,
    "border-color": EVERYWHERE,
    "border-radius": Support((WORD,)),
    "border-top": EVERYWHERE,
    "color": EVERYWHERE,
    "color-scheme": Support((WORD, OUTLOOK, GMAIL, GMAIL_PLAIN, YAHOO, GMX, ORANGE)),
    "display": Support((WORD,), r"mso-hide:all"),
    "font-family": EVERYWHERE,
    "font-size": EVERYWHERE,
    "font-weight": EVERYWHERE,
    "height": EVERYWHERE,
    "letter-spacing": EVERYWHERE,
    "line-height": EVERYWHERE,
    "margin": EVERYWHERE,  # on paragraphs; on tables Word does not know it
    "max-height": Support((WORD,), r"mso-hide:all"),
    "max-width": Support((WORD,), r'<!--\[if mso\]><table role="presentation" width="\d+"'),
    "mso-hide": Support(tuple(client for client in CLIENTS if client != WORD), r"display:none"),
    "mso-padding-alt": Support(tuple(client for client in CLIENTS if client != WORD), r"display:inline-block;padding:"),
    "overflow": Support((WORD,), r"mso-hide:all"),
    "padding": Support((WORD,), r"<td[^>]*padding"),  # Word pads cells alone
    "padding-left": Support((WORD,)),  # of lists, which it sets in by itself
    "table-layout": Support((WORD,), r'<!--\[if mso\]><table role="presentation" width="\d+"'),
    "text-decoration": EVERYWHERE,
    "width": EVERYWHERE,
}
THINGS = {
    r"<style>": Support((GMAIL_PLAIN,), r'<td class="card"[^>]*background-color:#[^>]*color:#'),
    r"@media \(max-width": Support((WORD, GMAIL_PLAIN)),
    r"@media \(prefers-color-scheme": Support((WORD, OUTLOOK, GMAIL, GMAIL_PLAIN, YAHOO, GMX, ORANGE)),
    r'<html lang="\w\w" dir="ltr">': Support((GMAIL, GMAIL_PLAIN, YAHOO), r'<div lang="\w\w" dir="ltr">'),
    r"<body[^>]*background-color": Support((GMAIL_PLAIN, YAHOO), r"<table[^>]*bgcolor"),
    r'<a class="button"': Support((WORD,), r'<td class="button"[^>]*bgcolor="#[0-9a-f]{6}"[^>]*mso-padding-alt'),
    r"<img": Support((), r'<img[^>]* src="https?://[^"]+\.(?:png|jpeg|gif)" alt="[^"]*" width="\d+" height="\d+"'),
}
NEVER = {
    r"#[0-9a-fA-F]{4}\b(?![0-9a-fA-F])|#[0-9a-fA-F]{8}\b": "a colour with transparency: Word and others draw none",
    r"\b(?:rgba?|hsla?|oklch|color-mix|light-dark|var|calc|min|clamp)\(": "a function: many leave the property out",
    r"(?<!-)\b(?:flex|grid)\b|\bfloat:|\bposition:": "a layout that Word does not know",
    r"\d(?:rem|em|vw|vh|ch)\b": "a length that is not in pixels",
    r"\bbackground:|\bfont:": "the short form: one part that is not known, and all of it is lost",
    r"background-image|\.(?:svg|webp|avif)\b|<svg|data:": "a picture that many do not show",
    r"<(?:script|form|input|button|iframe|object|link|video|audio)\b": "a tag that filters take for an attack",
    r'\bon[a-z]+="|javascript:': "a script",
    r"@import|@font-face|url\(": "something loaded from elsewhere",
}
CLIPPED = 102 * 1024
"""Gmail cuts a mail off here, and with it the way out of the list."""
