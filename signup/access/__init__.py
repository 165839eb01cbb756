"""Who may do what in the admin: operators, sessions, second factors, rights, scope, audit trail, API keys."""
