"""`python -m server …` is `agenticrag …`."""

from server.cli import main

if __name__ == "__main__":
    main()
