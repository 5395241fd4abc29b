"""What a reference must be: rules and findings, decided offline."""
