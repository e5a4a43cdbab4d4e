"""Reading a county's roster. Pure: no database; what is known of divisions is handed in."""
