"""The county: intake, custody, clearing, cases, console and bank portal."""
