"""What all admin pages share: the door, navigation, formatting, inputs, help."""
