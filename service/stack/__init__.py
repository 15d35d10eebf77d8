"""The embedded stack of the reference service, without Docker and without manual installation."""

from service.stack.embedded import Endpoints, Stack
from service.stack.errors import StackError
from service.stack.relay import parse_link
from service.stack.seed import LIBRARY_OWNER_ID, OTHER_OWNER_ID, OWNER_ID
from service.stack.tokens import mint_token

__all__ = [
    "LIBRARY_OWNER_ID",
    "OTHER_OWNER_ID",
    "OWNER_ID",
    "Endpoints",
    "Stack",
    "StackError",
    "mint_token",
    "parse_link",
]
