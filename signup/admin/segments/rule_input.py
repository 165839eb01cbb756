"""The rule builder's input: the tree as a form sends it, its rearranging by buttons, and what is wrong with it.

The draft is the stored tree with texts for values, so that what is half typed survives a round trip. A node's name is
its way from the root: `r`, `r-0`, `r-0-2`; its parts are `r-0-2.op`, `r-0-2.value` …
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from signup.admin.segments.rule_words import SubjectInWords, asked_about
from signup.audience.rule import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    OPS,
    ConditionGroup,
    SubjectKind,
    parse,
    subject_of,
    to_content,
)
from signup.fields.kinds.number import Number
from signup.fields.operator import WITH_DAY, WITH_DAYS, WITH_VALUE, WITH_VALUES, Op

ROOT = "r"
PART = re.compile(r"(r(?:-\d{1,2}){0,4})\.(match|subject|op|value|values|times|days|find)")
Draft = dict[str, Any]


def draft_of(rule: ConditionGroup) -> Draft:
    """A rule as a draft to change."""
    return _typed(to_content(rule) | {"match": rule.match})


def _typed(node: Draft) -> Draft:
    if "subject" in node:
        return {name: value if name == "values" else str(value) for name, value in node.items()}
    return {"match": node.get("match", "all"), "rules": [_typed(one) for one in node.get("rules", ())]}


def inputs_of(draft: Draft, path: str = ROOT) -> list[tuple[str, str]]:
    """A draft as the inputs of a form that `read_draft` reads."""
    if "rules" in draft:
        inside = [inputs_of(one, f"{path}-{n}") for n, one in enumerate(draft["rules"])]
        return [(f"{path}.match", draft["match"]), *(pair for pairs in inside for pair in pairs)]
    return [
        (f"{path}.{part}", str(value))
        for part, given in draft.items()
        for value in (given if isinstance(given, list | tuple) else [given])
    ]


def read_draft(form: MultiDict[str, str]) -> Draft:
    """The tree that a form sent; what is no part of one is left out."""
    nodes: dict[str, Draft] = {}
    for name, values in form.lists():
        if found := PART.fullmatch(name):
            value = values if found[2] == "values" else values[0]
            nodes.setdefault(found[1], {})[found[2]] = value
    return _group(ROOT, nodes)


def _group(path: str, nodes: dict[str, Draft]) -> Draft:
    children = sorted((name for name in nodes if name.rpartition("-")[0] == path), key=_place)
    match = nodes.get(path, {}).get("match", "all")
    rules = [nodes[name] if "subject" in nodes[name] else _group(name, nodes) for name in children]
    return {"match": match if match in {"all", "any", "none"} else "all", "rules": rules}


def _place(name: str) -> int:
    return int(name.rpartition("-")[2])


def rearrange(draft: Draft, do: str, form: Mapping[str, str]) -> None:
    """Add or remove a node as a button `add:r-0`, `group:r`, `remove:r-0-1` asks; nothing for any other."""
    verb, _colon, path = do.partition(":")
    places = path.split("-")[1:]
    if verb == "remove" and places:
        parent = _at(draft, places[:-1])
        if parent is not None and int(places[-1]) < len(parent["rules"]):
            del parent["rules"][int(places[-1])]
        return
    group = _at(draft, places)
    if group is None:
        return
    if verb == "add":
        subject = form.get(f"{path}.new", "")
        try:
            subject_of(subject)
        except ValueError:
            return
        group["rules"].append({"subject": subject})
    elif verb == "group" and len(places) + 1 < MAX_DEPTH:
        group["rules"].append({"match": "any", "rules": []})


def _at(draft: Draft, places: list[str]) -> Draft | None:
    """The group at a way from the root."""
    node: Draft = draft
    for place in places:
        if not place.isdecimal() or "rules" not in node or int(place) >= len(node["rules"]):
            return None
        node = node["rules"][int(place)]
    return node if "rules" in node else None


def read_rule(draft: Draft, known: Mapping[str, SubjectInWords]) -> tuple[ConditionGroup | None, dict[str, str]]:
    """The draft as a rule, or None and what to do about each node that is none, by its name."""
    problems: dict[str, str] = {}
    content = _content(draft, ROOT, dict(known), problems)
    try:
        rule = parse(content)
    except ValidationError as error:
        for problem in error.errors():
            places = [str(part) for before, part in pairwise(problem["loc"]) if before == "rules"]
            problems.setdefault("-".join([ROOT, *places]), _problem(draft, places))
        return None, problems
    return (None if problems else rule), problems


def _content(node: Draft, path: str, known: dict[str, SubjectInWords], problems: dict[str, str]) -> Draft:
    if "rules" in node:
        rules = [_content(one, f"{path}-{n}", known, problems) for n, one in enumerate(node["rules"])]
        return {"match": node["match"], "rules": rules}
    try:
        asked = asked_about(node["subject"], known)
    except ValueError:
        problems[path] = str(_("This no longer exists. Please remove it."))
        return {"match": "all"}
    return _condition(node, asked)


def _condition(node: Draft, asked: SubjectInWords) -> Draft:
    """Only what the operator takes: a page also sends the controls that it hides."""
    op = node.get("op") or asked.operators[0][0]
    content: Draft = {"subject": asked.subject, "op": op}
    if op in WITH_VALUES:
        content["values"] = node.get("values", [])
    elif op in WITH_DAYS:
        content["days"] = node.get("days") or None
    elif asked.kind == SubjectKind.HAPPENED:
        content |= {"days": node.get("days") or None, "times": (op == Op.HAPPENED and node.get("times")) or 1}
    elif op in WITH_DAY | WITH_VALUE:
        content["value"] = node.get("value", "")
    return content


def _problem(draft: Draft, places: list[str]) -> str:
    node: Any = draft
    for place in places:
        node = node["rules"][int(place)] if int(place) < len(node.get("rules", ())) else {}
    if "subject" not in node:
        limits = {"conditions": MAX_CONDITIONS, "depth": MAX_DEPTH}
        return str(_("A rule can have up to %(conditions)s conditions, nested %(depth)s groups deep.", **limits))
    kind = subject_of(node["subject"]).kind
    return str(_wanted(kind, node.get("op") or OPS[kind][0]))


def _wanted(kind: str, op: str) -> Any:
    if op in WITH_VALUES:
        return _("Choose at least one.")
    if op in WITH_DAYS:
        return _("Enter a number of days, at least 1.")
    if op in WITH_DAY:
        return _("Choose a day.")
    return {
        Number.name: _("Enter a number."),
        SubjectKind.HAPPENED: _("Enter whole numbers, at least 1; leave days empty for “ever”."),
    }.get(kind, _("Enter what to look for."))
