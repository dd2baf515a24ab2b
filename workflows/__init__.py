"""What takes days: workflows decide when, cases decide whether. No SQL, no HTTP."""
