"""What every domain leans on: db, account, jobs, events, facts, conditions, slots, sockets. Entered by module."""
