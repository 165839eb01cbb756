"""What is put right: duplicates found, two contacts made one and parted again, many contacts changed at once."""
