"""Pages of the accounts room: sign-in, settings, team, tokens, audit."""
