"""The hash tree of RFC 9162, section 2.1: roots, inclusion and consistency proofs of an append-only list of leaves."""

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache

HASH_BYTES = 32
STRIDE = 8
"""The roots of complete subtrees are stored at every eighth height: 8, 16, 24."""
EMPTY_ROOT = hashlib.sha256().digest()
Reader = Callable[[int, int, int], list[bytes]]
"""The stored hashes at a height (0: the leaves), from a position on, so many."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf's content."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, hashes: bytes = b"") -> None:
        self.size = size
        self._roots = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
        if len(self._roots) != size.bit_count():
            raise ValueError("a frontier has a hash for each bit of its size")

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf. Returns the nodes that it completed at the heights that are stored: height, position, hash."""
        self._roots.append(leaf)
        size, height, stored = self.size + 1, 0, []
        while size >> height & 1 == 0:
            height += 1
            right = self._roots.pop()
            self._roots[-1] = node_hash(self._roots[-1], right)
            if height % STRIDE == 0:
                stored.append((height, (size >> height) - 1, self._roots[-1]))
        self.size = size
        return stored

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def hashes(self) -> bytes:
        """What to build it again from, beside its size."""
        return b"".join(self._roots)


class Tree:
    """A tree of a certain size, read from where its leaves and nodes are stored. Each block of 256 is read once."""

    def __init__(self, size: int, reader: Reader) -> None:
        self.size = size
        self._reader = reader
        self._block = lru_cache(maxsize=64)(self._read_block)

    def root(self) -> bytes:
        """The root of the whole tree."""
        return self._range(0, self.size)

    def inclusion(self, position: int) -> list[bytes]:
        """The audit path of a leaf (RFC 9162, section 2.1.3.1), from the leaf up."""
        if not 0 <= position < self.size:
            raise IndexError(position)
        return self._path(position, 0, self.size)

    def consistency(self, first: int) -> list[bytes]:
        """The proof that the tree of the first so many leaves is a prefix of this one (section 2.1.4.1)."""
        if not 0 < first <= self.size:
            raise IndexError(first)
        return self._subproof(first, 0, self.size, is_whole=True)

    def _path(self, position: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _split(high - low)
        if position < middle:
            return [*self._path(position, low, middle), self._range(middle, high)]
        return [*self._path(position, middle, high), self._range(low, middle)]

    def _subproof(self, first: int, low: int, high: int, *, is_whole: bool) -> list[bytes]:
        if first == high - low:
            return [] if is_whole else [self._range(low, high)]
        half = _split(high - low)
        if first <= half:
            return [
                *self._subproof(first, low, low + half, is_whole=is_whole),
                self._range(low + half, high),
            ]
        return [*self._subproof(first - half, low + half, high, is_whole=False), self._range(low, low + half)]

    def _range(self, low: int, high: int) -> bytes:
        count = high - low
        if count == 0:
            return EMPTY_ROOT
        if count.bit_count() == 1 and low % count == 0:
            return self._subtree(count.bit_length() - 1, low // count)
        middle = low + _split(count)
        return node_hash(self._range(low, middle), self._range(middle, high))

    def _subtree(self, height: int, position: int) -> bytes:
        above = height % STRIDE
        block, start = divmod(position << above, 1 << STRIDE)
        hashes = self._block(height - above, block)[start : start + (1 << above)]
        while len(hashes) > 1:
            hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def _read_block(self, height: int, block: int) -> list[bytes]:
        return self._reader(height, block << STRIDE, 1 << STRIDE)


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def root_by_inclusion(leaf: bytes, position: int, size: int, path: list[bytes]) -> bytes:
    """The root that an audit path leads to (section 2.1.3.2). Raises `ValueError` for a path of the wrong length."""
    if not 0 <= position < size:
        raise ValueError("no leaf of that tree")
    steps, root, at, last = iter(path), leaf, position, size - 1
    while last:
        if at & 1 or at == last:
            if at & 1:
                root = node_hash(_next(steps), root)
        else:
            root = node_hash(root, _next(steps))
        at, last = at >> 1, last >> 1
    if next(steps, None) is not None:
        raise ValueError("a path too long")
    return root


def is_prefix(first: int, first_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Whether a consistency proof shows that the smaller tree is a prefix of the larger (section 2.1.4.2)."""
    if not 0 < first <= size:
        return False
    if first == size:
        return not proof and first_root == root
    steps = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not steps:
        return False
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == root


def _next(steps: Iterator[bytes]) -> bytes:
    found = next(steps, None)
    if found is None:
        raise ValueError("a path too short")
    return found
