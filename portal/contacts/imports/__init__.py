"""Imports of files: upload, check, confirm, run, undo."""
