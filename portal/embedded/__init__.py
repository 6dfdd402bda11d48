"""What the portal needs around it, without a server to install: database, broker, operator."""
