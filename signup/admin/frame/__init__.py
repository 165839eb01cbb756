"""What all admin pages share: the door, the visible menu, formatting, inputs, help."""
