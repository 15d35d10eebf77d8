"""What runs inside Locust: when to send, what came back, what it says."""
