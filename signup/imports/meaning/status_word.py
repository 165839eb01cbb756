"""What a cell says about whether somebody may be mailed: status words in six languages, and flags such as `opt-out`.

An exit always counts: a word that is not in the table but holds the stem of an exit is an exit, and a filled cell in a
column of exits is one, unless it plainly says no. What stays unknown is asked, never guessed at.
"""

import re
import unicodedata
from functools import lru_cache

CONFIRMED, PENDING, UNSUBSCRIBED, BOUNCED, COMPLAINED = "confirmed", "pending", "unsubscribed", "bounced", "complained"
STRENGTH = {CONFIRMED: 0, PENDING: 1, UNSUBSCRIBED: 2, BOUNCED: 3, COMPLAINED: 4}
"""Of several rows for one address the strongest counts, whichever comes first."""
STATES = tuple(STRENGTH)
EXITS = {UNSUBSCRIBED, BOUNCED, COMPLAINED}

# Without accents, in lower case, signs as blanks; a bar parts the words. Feminine and plural endings are cut off first.
_WORDS = {
    CONFIRMED: "confirmed|subscribed|subscribe|subscriber|active|activated|enabled|opted in|opt in|optin"
    "|opt in confirmed|double opt in|single opt in|yes|y|true|1|on|x|valid|ok|permitted|allowed|granted|explicit"
    "|accepted|mailable|free|paid|comped|verified|express|given|opted in to email"
    "|abonne|inscrit|actif|active|confirme|oui|o|vrai|valide|accepte|accorde|autorise|s est inscrit|s est abonne"
    "|angemeldet|abonniert|abonnent|aktiv|aktiviert|bestatigt|eingetragen|ja|j|wahr|zugestimmt|erteilt|erlaubt"
    "|ingeschreven|aangemeld|geabonneerd|actief|bevestigd|waar|toegestaan|akkoord"
    "|iscritto|iscritta|attivo|attiva|confermato|confermata|si|vero|abbonato|abbonata|consentito"
    "|suscrito|suscrita|activo|activa|confirmado|confirmada|verdadero|aceptado|dado de alta",
    PENDING: "pending|unconfirmed|not confirmed|not set|never subscribed|transactional|non subscribed|nonsubscribed"
    "|not subscribed|awaiting confirmation|waiting|waiting for confirmation|unknown|not specified|no opt in"
    "|implicit|implied|pending confirmation|confirmation pending|double opt in pending|opt in pending|temporary hold"
    "|awaiting|needs confirmation|not yet confirmed|unverified|not verified|not opted in"
    "|en attente|non confirme|en attente de confirmation|a confirmer|jamais abonne|jamais inscrit|non inscrit"
    "|non abonne|inconnu"
    "|ausstehend|unbestatigt|nicht bestatigt|wartend|offen|nie angemeldet|nicht angemeldet|unbekannt"
    "|in afwachting|niet bevestigd|onbevestigd|wachtend|nooit ingeschreven|niet ingeschreven|onbekend"
    "|in attesa|non confermato|non confermata|da confermare|mai iscritto|non iscritto|sconosciuto"
    "|pendiente|sin confirmar|no confirmado|no confirmada|nunca suscrito|desconocido",
    UNSUBSCRIBED: "unsubscribed|unsub|opted out|opt out|optout|optedout|no|n|false|0|off|inactive|disabled|deactivated"
    "|left|removed|cancelled|canceled|deleted|archived|suppressed|suppression|excluded|revoked|withdrawn|declined"
    "|refused|denied|not allowed|not mailable|do not mail|do not email|do not contact|do not send|dnc|never mail"
    "|no mail|no email|no emails|no marketing|blacklisted|blacklist|blocklisted|blocklist|blocked|banned|expired"
    "|former|ex subscriber|manually suppressed|globally suppressed|user suppressed|stopped|resigned|quit|non marketing"
    "|email disabled|no permission|no consent|objected|forgotten|erased|non valid|not permitted"
    "|desabonne|desinscrit|inactif|resilie|non|faux|s est desinscrit|s est desabonne|radie|supprime|refuse|bloque"
    "|ne pas contacter|ne plus contacter|ne pas envoyer|ne pas ecrire|liste noire|sur liste noire|oppose|opposition"
    "|parti|desactive|retire|annule|exclu|stop|archive|blackliste|blackliste e|ne souhaite plus recevoir|efface"
    "|abgemeldet|ausgetragen|abbestellt|gekundigt|inaktiv|deaktiviert|gesperrt|nein|falsch|widerrufen|widersprochen"
    "|geloscht|entfernt|nicht kontaktieren|nicht anschreiben|nicht mailen|keine werbung|keine mails|ausgeschlossen"
    "|abgelehnt|hat sich abgemeldet|auf der blacklist|storniert|beendet|blockiert|abgemeldete"
    "|uitgeschreven|afgemeld|opgezegd|inactief|gedeactiveerd|geblokkeerd|nee|onwaar|ingetrokken|verwijderd|geweigerd"
    "|niet mailen|niet contacteren|niet benaderen|heeft zich uitgeschreven|heeft zich afgemeld|geannuleerd"
    "|disiscritto|cancellato|annullato|inattivo|disattivato|bloccato|falso|revocato|rimosso|rifiutato|disabilitato"
    "|non contattare|non inviare|si e disiscritto|si e cancellato|disdetto|recesso|escluso|in lista nera"
    "|disiscritta|cancellata|annullata|inattiva|disattivata|bloccata|revocata|rimossa|rifiutata|esclusa"
    "|baja|dado de baja|dada de baja|se dio de baja|desuscrito|desuscrita|cancelado|cancelada|inactivo|inactiva"
    "|desactivado|desactivada|bloqueado|bloqueada|anulado|anulada|eliminado|eliminada|rechazado|no contactar"
    "|no enviar|lista negra",
    BOUNCED: "bounced|bounce|bouncing|cleaned|hard bounced|hard bounce|hardbounce|hardbounced|soft bounced|soft bounce"
    "|invalid|invalid email|undeliverable|undelivered|undeliverable email|non deliverable|returned|rejected|failed"
    "|mailbox full|mailbox unknown|unknown user|user unknown|unreachable|dead|no such user|delivery failed"
    "|does not exist|not deliverable|nixie"
    "|rebond|hard rebond|rebond dur|rebond definitif|rebond permanent|invalide|injoignable|npai|erreur|adresse invalide"
    "|non distribuable|non delivre|non remis|en erreur|rejete"
    "|unzustellbar|nicht zustellbar|ungultig|zuruckgekommen|bounce hart|hart gebounct|unerreichbar|nicht erreichbar"
    "|onbestelbaar|ongeldig|teruggestuurd|niet bezorgd|onbereikbaar|geweigerd door server"
    "|rimbalzato|respinto|non recapitabile|non valido|inesistente|irraggiungibile|non consegnato"
    "|rebotado|rebote|rebote duro|invalido|no entregado|no entregable|devuelto",
    COMPLAINED: "complained|complaint|complainer|abuse|abuse complaint|spam|spam complaint|spam report|spam reported"
    "|reported spam|reported as spam|marked as spam|marked spam|fbl|feedback loop|junk|abuse report"
    "|plainte|plainte spam|plaignant|s est plaint|signale comme spam|marque comme spam|signalement spam"
    "|beschwerde|spambeschwerde|spam beschwerde|beschwert|hat sich beschwert|als spam markiert|als spam gemeldet"
    "|klacht|spamklacht|als spam gemarkeerd|heeft geklaagd|geklaagd"
    "|reclamo|segnalato come spam|segnalazione spam|reclamo spam|ha reclamato|denuncia spam"
    "|queja|queja de spam|marcado como spam|reportado como spam|se quejo|denuncia",
}
_STATE_OF = {word: state for state, words in _WORDS.items() for word in words.split("|")}

_STEMS = (
    (COMPLAINED, r"complain|abuse|spam|plainte|beschwer|klacht|reclamo|queja|\bfbl\b"),
    (BOUNCED, r"bounc|\bcleaned|undeliver|rebond|unzustellbar|onbestelbaar|rimbalz|rebot|\bnpai\b"),
    (
        UNSUBSCRIBED,
        (
            r"unsub|opt(ed|s)? ?out|desinscri|desabon|de ?abonn|abmeld|abgemeld|abbestell|austrag|ausgetrag|uitschrijv"
            r"|uitgeschre|afmeld|afgemeld|disiscri|cancellat|desuscri|\bbajas?\b|black ?list|block ?list|liste noire"
            r"|suppress|deactivat|widerruf|widersproch|widerspruch|gekundigt|resili"
        ),
    ),
)
_STEM_OF = [(state, re.compile(stems)) for state, stems in _STEMS]
_DO_NOT = re.compile(
    r"\bdo(es)? ?not ?(e ?)?(mail|contact|send|market|wish|want)|\bdon t (e ?)?(mail|contact|send)|\bno longer"
    r"|\bne (veut|souhaite)? ?(pas|plus) (contacter|envoyer|ecrire|mailer|recevoir|etre)"
    r"|\bnicht (mehr )?(mail|kontakt|anschreib|anmail)|\bkeine (mail|werb|e mail)"
    r"|\bniet (meer )?(mail|contact|benader)|\bnon (contatt|inviare)|\bno (contact|enviar)"
)
_NEGATED = re.compile(
    r"^(not|no|never|non|pas|jamais|aucune?|nicht|nie|kein\w*|niet|nooit|geen|mai|nunca|sin|without)\b"
)
_SAYS_NOTHING = {"", "null", "none", "n a", "na", "nil", "nan", "undefined"}
_SAYS_NO = {
    *("no", "n", "false", "off", "never", "non", "faux", "jamais", "aucun", "aucune", "nein", "falsch", "nie", "kein"),
    *("keine", "keiner", "nee", "onwaar", "nooit", "geen", "falso", "mai", "nessuno", "nessuna", "nunca", "ninguno"),
}
_SAYS_YES = {
    "yes",
    "y",
    "true",
    "1",
    "on",
    "x",
    "oui",
    "o",
    "vrai",
    "ja",
    "j",
    "wahr",
    "waar",
    "si",
    "vero",
    "verdadero",
}
FLAGS = _SAYS_YES | _SAYS_NO | {"0"}
_ZERO = re.compile(r"[0 ]+(00z)?")
_SIGNS = re.compile(r"[\W_]+")
_ENDINGS = ("ees", "ee", "es", "e", "s")
MIN_STEM = 5


@lru_cache(maxsize=4096)
def letters(text: str) -> str:
    """`text` in lower case without accents, with one blank for each run of signs: `Désabonné(e)` is `desabonne e`."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return _SIGNS.sub(" ", "".join(char for char in plain if not unicodedata.combining(char)).lower()).strip()


def says_nothing(cell: str) -> bool:
    """Whether a cell is empty, or holds what programs write for that."""
    return letters(cell) in _SAYS_NOTHING


@lru_cache(maxsize=4096)
def status_of(cell: str) -> str:
    """The state that a filled status cell names; empty for a word that nobody knows."""
    word = letters(cell)
    known = (form for form in _forms(word) if form in _STATE_OF)
    return _STATE_OF.get(next(known, ""), "") or stem_of(word)


def is_word(cell: str) -> bool:
    """Whether a cell is a status word by itself, nothing beside."""
    return any(form in _STATE_OF for form in _forms(letters(cell)))


def _forms(word: str) -> tuple[str, ...]:
    return (word, re.sub(r" (e|es|e s|s)$", "", word), *_without_ending(word))


def _without_ending(word: str) -> list[str]:
    """The word without a feminine or plural ending: `desinscrites`, `abonnee`."""
    cut = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
    return [stem for stem in cut if len(stem) >= MIN_STEM]


def stem_of(word: str) -> str:
    """The exit whose stem stands in `word`, as `letters` gives it; empty for none, and for one that is negated."""
    if _DO_NOT.search(word):
        return UNSUBSCRIBED
    return "" if _NEGATED.match(word) else _stem(word)


def _stem(word: str) -> str:
    return next((state for state, stem in _STEM_OF if stem.search(word)), "")


@lru_cache(maxsize=4096)
def exit_in(cell: str, state: str) -> str:
    """What a cell in a column of exits of `state` says: a time, a yes, a reason or a count is that exit; nothing, zero
    and a no are none; the word of another exit is that one.
    """
    word = letters(cell)
    if word in _SAYS_NOTHING or word in _SAYS_NO or _ZERO.fullmatch(word):
        return ""
    if _NEGATED.match(word) and not _DO_NOT.search(word) and _stem(word):  # "not unsubscribed"
        return ""
    named = "" if word in FLAGS else _STATE_OF.get(word, "")
    if named in EXITS:
        return named
    return "" if named == CONFIRMED and word.startswith(("sub", "confirm", "abonn", "inscri", "angemeld")) else state


def strongest(*states: str) -> str:
    """The state that counts of several; empty of none."""
    return max(filter(None, states), key=lambda state: STRENGTH[state], default="")
