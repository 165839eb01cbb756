"""The mutations of a source: every small change of it that a test should notice.

A change is one operator, number, word, condition or statement of Python, or one of the SQL in a string. What is said to
people, types, decorators and log lines are left alone.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
}
_IS_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|FROM|JOIN|CASE WHEN|VALUES|EXISTS)\b")
_SQL: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (r"\bAND\b", "OR"),
    (r"\bOR\b", "AND"),
    (r"<>", "="),
    (r"((?:WHERE|AND|OR|ON|WHEN)\s+\(?[\w.:{}]+\s*)=", r"\1<>"),
    (r"<=", "<"),
    (r"<(?![>=])", "<="),
    (r">=", ">"),
    (r"(?<![<>-])>(?!=)", ">="),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bNOT (?=EXISTS|IN\b|\w+\()", ""),
    (r"\bLEFT JOIN\b", "JOIN"),
    (r"\bDESC\b|\bDISTINCT\b|\bFOR UPDATE( SKIP LOCKED)?|\bSKIP LOCKED\b", ""),
    (r"(?i)\btrue\b", "FALSE"),
    (r"(?i)\bfalse\b", "TRUE"),
    (r"'([\w:.-]+)'", r"'\1-'"),
    (r"(?<![\w:'.$\[])\d+(?![\w'.])", lambda number: str(int(number[0]) + 1)),
    (r" \+ ", " - "),
    (r",\s*\w+ = [^,()]+?(?=,|\s+WHERE|\s+FROM|\s*$)", ""),
]
_CHAINED = {"where", "order_by", "limit", "distinct", "with_for_update", "filter", "having", "execution_options"}
_JOINED = {"where", "and_", "or_", "filter"}
_FOR_PEOPLE = {"_", "gettext", "ngettext", "lazy_gettext", "pgettext", "lazy_pgettext", "N_", "cast", "TypeVar"}


_LONG = 90
_MANY = 10
"""A number from here on is doubled: one more of many is no change that anybody could notice."""


Change = tuple[str, Callable[[], object]]
"""What a node becomes, and what makes it so."""


class Mutation(NamedTuple):
    """One change, which `apply` makes in the tree that it was found in."""

    line: int
    what: str
    apply: Callable[[], object]


def mutations(tree: ast.AST) -> Iterator[Mutation]:
    """Every mutation of a tree, always in the same order."""
    for node in _mutable(tree):
        line = node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)
        for after, apply in _of(node):
            yield Mutation(line, f"{_short(node)}  →  {after}", apply)


def _mutable(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "bases", "ops", "op", "ctx"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield from _mutable(child)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Raise() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _FOR_PEOPLE
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))) | ast.keyword(arg="comment"):
            return True
        case ast.Expr(value=ast.Call() as call):
            return _is_left_alone(call)
        case ast.Assign(targets=[ast.Name(id="log" | "__tablename__" | "__slots__" | "__all__")]):
            return True
    return False


def _of(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.BinOp() | ast.UnaryOp():
            yield from _of_operator(node)
        case ast.If() | ast.IfExp() | ast.While():
            yield "the opposite", partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension():
            for index, _ in enumerate(node.ifs):
                yield "without its condition", partial(node.ifs.pop, index)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "return None", partial(setattr, node, "value", ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield "left out", partial(_become, node, ast.Pass())
        case ast.Call():
            yield from _of_call(node)
        case ast.Constant():
            for after in _of_constant(node.value):
                yield _difference(node.value, after), partial(setattr, node, "value", after)


def _of_operator(node: ast.Compare | ast.BoolOp | ast.BinOp | ast.UnaryOp) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                yield from _swap(operator, partial(node.ops.__setitem__, index))
        case ast.BoolOp() | ast.BinOp():
            yield from _swap(node.op, partial(setattr, node, "op"))
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield "without its not", partial(_become, node, node.operand)


def _swap(operator: ast.AST, put: Callable[[ast.AST], object]) -> Iterator[Change]:
    if new := _SWAPS.get(type(operator)):
        yield f"{type(operator).__name__} becomes {new.__name__}", partial(put, new())


def _of_call(node: ast.Call) -> Iterator[Change]:
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
    if isinstance(node.func, ast.Attribute) and name in _CHAINED:
        yield f"without .{name}(…)", partial(_become, node, node.func.value)
    if name in _JOINED and len(node.args) > 1:
        for index, argument in enumerate(node.args):
            yield f"without {_short(argument)}", partial(node.args.pop, index)


def _of_constant(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1 if value < _MANY else value * 2
    elif isinstance(value, str) and _IS_SQL.search(value):
        for pattern, by in _SQL:
            for found in re.finditer(pattern, value):
                yield value[: found.start()] + (by(found) if callable(by) else found.expand(by)) + value[found.end() :]
    elif isinstance(value, str) and re.fullmatch(r"(:\w+|\w+\.\w+)(::\w+)?", value):
        yield "NULL"
    elif isinstance(value, str) and re.fullmatch(r"'[\w-]+'", value):
        yield f"{value[:-1]}-'"
    elif isinstance(value, str) and not (" " in value and value[:1].isupper()):
        yield f"{value}XX"


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split()) if not isinstance(node, ast.Module) else ""
    return text if len(text) < _LONG else f"{text[:_LONG]} …"


def _difference(before: object, after: object) -> str:
    old, new = repr(before), repr(after)
    if len(new) < _LONG:
        return new
    same = next((at for at, pair in enumerate(zip(old, new, strict=False)) if len({*pair}) > 1), 0)
    start = max(same - 40, 0)
    return f"… {old[start : start + 60]} … becomes … {new[start : start + 60]} …"
