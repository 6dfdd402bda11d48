"""How long texts of a contact may be, in characters: as its columns in the database."""

LONGEST_NAME = 150
LONGEST_NAME_PART = 80
LONGEST_NOTE = 500
LONGEST_VALUE = 300
LONGEST_REASON = 200
