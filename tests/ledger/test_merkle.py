"""The tree is that of RFC 9162: checked against its definition, and every proof against the root."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.ledger.merkle import EMPTY_ROOT, Frontier, Tree, is_prefix, leaf_hash, node_hash, root_by_inclusion

LEAVES = [leaf_hash(str(n).encode()) for n in range(1_200)]
sizes = st.integers(1, len(LEAVES))


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of section 2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def tree(size: int) -> Tree:
    stored: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for leaf in LEAVES:  # also what came after that size is stored
        stored |= {(height, position): hash_ for height, position, hash_ in frontier.append(leaf)}

    def read(height: int, first: int, count: int) -> list[bytes]:
        if not height:
            return LEAVES[first : first + count]
        return [stored[height, place] for place in range(first, first + count) if (height, place) in stored]

    return Tree(size, read)


def test_the_empty_tree_and_a_leaf_are_hashed_as_the_standard_says() -> None:
    assert Frontier().root() == sha256().digest()
    assert leaf_hash(b"") == sha256(b"\0").digest()


@given(sizes)
def test_a_tree_that_grew_leaf_by_leaf_has_the_root_of_the_definition(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert frontier.root() == defined_root(LEAVES[:size]) == tree(size).root()
    assert Frontier(size, frontier.hashes()).root() == frontier.root()


@given(sizes, st.data())
def test_the_path_of_a_leaf_leads_to_the_root_and_no_other_leaf_does(size: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, size - 1))
    path, root = tree(size).inclusion(position), defined_root(LEAVES[:size])
    assert root_by_inclusion(LEAVES[position], position, size, path) == root
    assert root_by_inclusion(leaf_hash(b"another"), position, size, path) != root
    with pytest.raises(ValueError, match="path too long"):
        root_by_inclusion(LEAVES[position], position, size, [*path, root])


@given(sizes, st.data())
def test_an_earlier_tree_is_proved_to_be_the_beginning_and_no_other_is(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    proof, root = tree(size).consistency(first), defined_root(LEAVES[:size])
    assert is_prefix(first, defined_root(LEAVES[:first]), size, root, proof)
    assert not is_prefix(first, leaf_hash(b"another"), size, root, proof)
    if first < size:
        assert not is_prefix(first, defined_root(LEAVES[:first]), size, root, proof[:-1])
