"""Four eyes: when another person's word is needed, asking for it and giving it."""
