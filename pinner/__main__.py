"""`python -m pinner`."""

from pinner.cli import main

main()
