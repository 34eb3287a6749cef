"""What every domain leans on: db, current account, jobs, events, facts, conditions, slots, sockets. Entered by module."""
