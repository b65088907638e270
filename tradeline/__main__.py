"""``python -m tradeline`` is the command line too."""

from tradeline.cli import main

if __name__ == "__main__":
    main()
