"""Makes the database that both versions of datasette serve: `python3 make_shop.py shop.db`."""

import sqlite3
import sys
from contextlib import closing

COLOURS = ("red", "green", "blue", "black", "white")


def make_shop(path: str) -> None:
    """Write a table of 5,000 products; a file that exists is replaced."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE IF EXISTS products")
        database.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, colour TEXT)")
        database.executemany(
            "INSERT INTO products VALUES (?, ?, ?)",
            (
                (number, f"product {number}", COLOURS[number * 3 % len(COLOURS)])
                for number in range(5_000)
            ),
        )


if __name__ == "__main__":
    make_shop(sys.argv[1])
