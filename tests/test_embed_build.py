"""The built scripts: small, and the same as what their sources give."""

import json
import os
import random
import re
import shutil
import string
import subprocess
from pathlib import Path

import pytest

from signup.addresses.mailbox_provider import PROVIDERS
from signup.forms.script_build import read

ROOT = Path(__file__).parent.parent
SOURCE, BUILT = ROOT / "embed", ROOT / "signup" / "visitor" / "static"
MOST_BYTES = 6 * 1024
"""Five would do for a page that keeps still. The sixth is for pages that change in place, cover what is shown or scroll
a part of theirs; for what waits after a reload; and for whom the form may come to. Colours come with the form."""


def _npm(*words: str, cwd: Path) -> None:
    subprocess.run(["npm", *words], cwd=cwd, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with what the lock names."""
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("CI"):
            pytest.fail("node and npm are missing, and CI must not go without")
        pytest.skip("node and npm are missing: the committed build is not compared with its sources")
    folder = tmp_path_factory.mktemp("embed")
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    if (SOURCE / "node_modules").exists():
        (folder / "node_modules").symlink_to(SOURCE / "node_modules")
    else:
        _npm("ci", "--no-audit", "--no-fund", cwd=folder)
    return folder


def test_script_and_styles_weigh_at_most_six_kilobytes_in_all() -> None:
    assert len((BUILT / "embed.js.br").read_bytes()) <= MOST_BYTES


def test_a_script_tag_is_found_whatever_its_address_ends_with() -> None:
    built = (BUILT / "embed.js").read_text()
    assert "src*=" in built
    assert "src$=" not in built, "optimisers of a website put ?v=2 behind it"


def test_the_committed_build_is_what_its_sources_give(workshop: Path, tmp_path: Path) -> None:
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=workshop, check=True, capture_output=True, timeout=60)
    for name in ("embed.js", "form.js"):
        assert (tmp_path / name).read_bytes() == (BUILT / name).read_bytes(), f"{name}: run `npm run build` in embed/"
    unpack = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
    packed = subprocess.run(["node", "-e", unpack, str(BUILT / "embed.js.br")], check=True, capture_output=True).stdout
    assert packed == (BUILT / "embed.js").read_bytes()


@pytest.mark.usefixtures("workshop")
def test_what_pinned_pages_load_is_kept_under_its_digest(tmp_path: Path) -> None:
    copy = tmp_path / "signup" / "visitor" / "static"
    copy.mkdir(parents=True)
    for name in ("embed.js", "embed.js.br"):
        shutil.copy(BUILT / name, copy)
    shutil.copytree(SOURCE, tmp_path / "embed", ignore=shutil.ignore_patterns("node_modules"))
    _npm("run", "keep", cwd=tmp_path / "embed")
    kept = [read(path) for path in (copy / "kept").glob("*.js")]
    assert [one.digest for one in kept] == [read(BUILT / "embed.js").digest]
    for path in [*(copy / "kept").glob("*.js"), *(BUILT / "kept").glob("*.js")]:
        assert path.stem == read(path).digest


def test_the_types_of_the_script_are_right(workshop: Path) -> None:
    _npm("run", "check", cwd=workshop)


def test_the_script_builds_no_markup_from_strings_sets_no_cookie_and_holds_no_word() -> None:
    script = (BUILT / "embed.js").read_text()
    for never in ("innerHTML", "insertAdjacentHTML", "document.write", "cookie", "eval(", "Function("):
        assert never not in script, never
    assert re.findall(r'"[A-Z][a-z]+ [a-z ]+"', script) == []


def test_the_lock_names_no_registry() -> None:
    assert "://" not in re.sub(r'"funding": \{.*?\}', "", (SOURCE / "package-lock.json").read_text(), flags=re.DOTALL)


def _slips(domain: str) -> set[str]:
    """Every way to type a domain with one slip: a letter too few, too many, another one, two swapped."""
    cuts = [(domain[:at], domain[at:]) for at in range(len(domain) + 1)]
    letters = string.ascii_lowercase
    fewer = {left + right[1:] for left, right in cuts if right}
    more = {left + letter + right for left, right in cuts for letter in letters}
    other = {left + letter + right[1:] for left, right in cuts if right for letter in letters}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return {slip for slip in fewer | more | other | swapped if slip not in PROVIDERS}


def test_one_slip_of_the_finger_is_seen_and_two_are_not(workshop: Path) -> None:
    known = " ".join(PROVIDERS)
    chance = random.Random(1)
    near = sorted(_slips("gmail.com") | _slips("laposte.net"))
    twice = {slip for typed in chance.sample(near, 60) for slip in _slips(typed)}
    once: set[str] = set().union(*map(_slips, PROVIDERS))
    far = sorted(twice - once)[:3_000]
    right = [*PROVIDERS, "example.org", "mairie-de-lyon.fr", "gmail", ""]
    addresses = [f"ada@{domain}" for domain in (*near, *far, *right)]
    module = (workshop / "typo.js").as_uri()
    program = f"""
      import {{ meant }} from {json.dumps(module)};
      const [known, addresses] = JSON.parse(await new Response(process.stdin).text());
      console.log(JSON.stringify(addresses.map((address) => meant(address, known) || "")));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program],
        input=json.dumps([known, addresses]),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    said = json.loads(done.stdout)
    assert len(far) > 1_000
    assert all(said[: len(near)]), [a for a, b in zip(addresses, said, strict=True) if not b][:5]
    assert not any(said[len(near) :]), [pair for pair in zip(addresses, said, strict=True) if pair[1]][-5:]
