"""What the API offers, one file for each resource. Each file declares its endpoints; `routes` lists the files."""
