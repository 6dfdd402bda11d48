"""When mailings leave: once, in a window of the day, again and again; and the pages of all that
is planned."""
