"""People who look at products: tasks with weights, and a wait between them."""

import random

from locust import HttpUser, between, task


class Visitor(HttpUser):
    """Looks at lists of products, and now and then at whether the shop is open."""

    wait_time = between(0.01, 0.03)

    @task(3)
    def products(self) -> None:
        """Lists differ in length, so they share a name."""
        limit = random.choice((45, 50))  # noqa: S311 - no secret
        self.client.get(f"/products?limit={limit}", name="/products")

    @task
    def open(self) -> None:
        """Whether the shop answers."""
        self.client.get("/healthz")
