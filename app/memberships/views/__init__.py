"""What memberships show on the pages of others."""
