"""SMS over an operator's e-mail gateway: numbers, texts, letters, and the talk with its server."""
