"""Contacts as files, streamed: memory stays flat however many there are."""
