"""Whether a password is among the first that somebody would try: a common one, a run of keys, the account's own name.

Only what passes the length (12 characters) is looked at; that leaves few of the usual lists (OWASP ASVS 5.0, 6.2.4).
"""

from collections.abc import Iterable

COMMON = {
    *(
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456123456",
        "123123123123",
        "112233445566",
        "987654321098",
    ),
    *("password1234", "password12345", "passwordpassword", "password123456", "passw0rd1234", "mypassword12"),
    *("qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "qwertyuiop[]", "1qaz2wsx3edc", "1q2w3e4r5t6y", "zaq12wsxcde3"),
    *("q1w2e3r4t5y6", "qazwsxedcrfv", "asdfghjklzxc", "zxcvbnmasdfg", "azertyuiop12", "azertyuiop123", "motdepasse123"),
    *("iloveyou1234", "iloveyouforever", "administrator", "administrator1", "changemechangeme", "letmeinletmein"),
    *("welcome12345", "welcome123456", "sunshine1234", "princess1234", "football1234", "baseball1234", "superman1234"),
    *("correcthorsebatterystaple", "abcdefghijkl", "abcdefghijklm", "abcd1234abcd", "abc123abc123", "unknown12345"),
}
RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)
OURS = ("signup", "newsletter", "password", "motdepasse")
MIN_DIFFERENT = 5
MIN_OWN = 6
"""What is left beside a known word must be worth this many characters."""


def is_guessable(password: str, known: Iterable[str] = ()) -> bool:
    """`known`: what everybody knows about the account, such as its address and name."""
    plain = "".join(password.lower().split())
    if plain in COMMON or len(set(plain)) < MIN_DIFFERENT or _is_run(plain):
        return True
    words = {
        part for text in known for part in (text.lower(), *text.lower().replace("@", " ").replace(".", " ").split())
    }
    for word in sorted({*words, *OURS}, key=len, reverse=True):
        if len(word) > 3:  # noqa: PLR2004  # shorter ones are in half of all sentences
            plain = plain.replace("".join(word.split()), "")
    return len(plain) < MIN_OWN


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in RUNS) or text in (text + text)[1:-1]
