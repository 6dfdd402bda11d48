"""Writing a message or a mailing: the form's parts, drafts, tests to the author's own number."""
