"""``python -m leancity.core.cli``."""

from leancity.core.cli.main import main

main()
