"""Where a mail program writes to when its reader unsubscribes in it (RFC 2369): it names one subscription."""

from signup.ground.tokens import TokenPurpose
from signup.mailer.return_address.signed_address import SignedAddress

_leave = SignedAddress("leave+", TokenPurpose.LEAVE_BY_MAIL)
leave_address, read = _leave.write, _leave.read
"""The address of a subscription; the subscription that an address names."""
