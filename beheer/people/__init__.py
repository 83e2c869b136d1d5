"""Staff, teams, roles, tokens; later levels in use, skills, coaching and agreements on results."""
