"""`python -m mmbot` is `mmbot`."""

from mmbot.app.cli import main

main()
