"""The return path that names a message (VERP): what comes back tells which mail it was, and nobody can make one up."""

from signup.ground.tokens import TokenPurpose
from signup.mailer.return_address.signed_address import SignedAddress

_path = SignedAddress("b-", TokenPurpose.BOUNCE)
return_path, read = _path.write, _path.read
"""The envelope sender of a message; the message whose return path an address is."""
