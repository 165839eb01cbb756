"""The proof of a contact as far as the present reader may know it (`access.scope`)."""

from signup.access import scope
from signup.access.seen_contact import seen_one
from signup.audience.search import subscriptions_of
from signup.contacts.contact import Contact
from signup.evidence.proof import Person, Proof, proof_of


def proof_for_reader(contact: Contact) -> Proof:
    """Of the reader's lists; for who sees every list, the whole."""
    known = seen_one(contact)
    person = Person(contact.id, contact.uid, known.address, known.name, known.language, frozenset(known.answers))
    entries = subscriptions_of([contact.id], scope.seen()).get(contact.id, [])
    return proof_of(person, entries, is_whole=scope.sees_everything())
