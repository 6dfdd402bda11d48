"""Everything the portal needs on one machine without a server to install: database, broker, operator."""
