"""What there is to ingest: files, members of archives, folders of images."""
