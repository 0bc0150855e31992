"""Where the staff works: signing in, rights, the team, shifts and the audit trail, as pages under ``/consola``."""
