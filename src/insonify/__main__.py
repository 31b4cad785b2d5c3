"""``python -m insonify``."""

from insonify.cli import main

if __name__ == "__main__":
    main()
