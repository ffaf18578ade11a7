"""What the registry calls over the network: receivers of webhooks, and channels to people."""
