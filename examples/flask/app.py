"""A Flask service with two ways to total orders; TOTALS=one_pass chooses the faster one.

Start it with `gunicorn app:app`.
"""

import os
from collections import defaultdict

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

app = Flask(__name__)
CUSTOMERS = [f"customer-{number}" for number in range(60)]
ORDERS = [
    {"customer": CUSTOMERS[number * 7 % len(CUSTOMERS)], "cents": number * 37 % 9_000}
    for number in range(1_500)
]


def totals_by_walking() -> dict[str, int]:
    """Walk through all orders once for each customer."""
    return {
        customer: sum(order["cents"] for order in ORDERS if order["customer"] == customer)
        for customer in CUSTOMERS
    }


def totals_in_one_pass() -> dict[str, int]:
    """Walk through all orders once."""
    totals: dict[str, int] = defaultdict(int)
    for order in ORDERS:
        totals[order["customer"]] += order["cents"]
    return totals


TOTALS = totals_in_one_pass if os.environ.get("TOTALS") == "one_pass" else totals_by_walking


@app.get("/totals")
def totals() -> ResponseReturnValue:
    """What each customer has ordered, in cents."""
    return jsonify(TOTALS())


@app.get("/health")
def health() -> ResponseReturnValue:
    """Whether it serves."""
    return jsonify(status="ok")
