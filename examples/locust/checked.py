"""Answers that the file itself judges, tags, and the faster client of Locust."""

from locust import FastHttpUser, constant_throughput, tag, task


class Checking(FastHttpUser):
    """Looks at products, and asks for a cart that is not its own."""

    wait_time = constant_throughput(20)

    @tag("products")
    @task(2)
    def products(self) -> None:
        """A list that must be complete."""
        with self.client.get("/products?limit=50", catch_response=True) as answer:
            if not answer.json()["products"]:
                answer.failure("no products")

    @tag("cart")
    @task
    def cart(self) -> None:
        """Without a token, 401 is the right answer."""
        with self.client.get("/cart", catch_response=True) as answer:
            if answer.status_code == 401:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}, not 401")
