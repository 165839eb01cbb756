"""One sign-up: checked, admitted, stored, confirmed, reminded."""
