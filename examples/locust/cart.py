"""People who log in once, and then do one thing after the other."""

from locust import HttpUser, SequentialTaskSet, constant, task


class Shopping(SequentialTaskSet):
    """Looks at products, then at the cart."""

    def on_start(self) -> None:
        """Log in; the answer's token belongs to this user."""
        answer = self.client.post("/login", json={"user": "ada", "password": "correct horse"})
        self.token = answer.json()["access_token"]

    @task
    def products(self) -> None:
        """The first products."""
        self.client.get("/products?limit=50")

    @task
    def cart(self) -> None:
        """What is in the cart."""
        self.client.get("/cart", headers={"Authorization": f"Bearer {self.token}"})


class Customer(HttpUser):
    """Shops for ever."""

    wait_time = constant(0.02)
    tasks = [Shopping]  # noqa: RUF012 - as Locust's documentation writes it
