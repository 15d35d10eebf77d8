"""Routes in Python code."""

from pathlib import Path

from loadtests.discovery.python_code import parse_modules
from loadtests.discovery.python_routes import find_django_routes, find_routes
from loadtests.discovery.tests.projects import DJANGO, FASTAPI, FLASK, folder


def paths(root: Path, files: dict[str, str]) -> list[str]:
    return [route.path for route in find_routes(parse_modules(folder(root, files)))]


def test_fastapi_routes_need_neither_parameters_nor_a_login(tmp_path: Path) -> None:
    """A router counts below the prefix of its one inclusion; one that nobody includes does not."""
    assert ["/api/items", "/api/items/{item}", "/health", "/hello"] == paths(tmp_path, FASTAPI)


def test_flask_routes_answer_get(tmp_path: Path) -> None:
    """Those of a factory's own functions, too; a function with arguments needs values."""
    assert ["/", "/healthz"] == paths(tmp_path, FLASK)


def test_a_blueprint_has_the_prefix_of_its_registration(tmp_path: Path) -> None:
    """It replaces the blueprint's own."""
    files = {
        "app.py": "from shop import bp\napp = Flask(__name__)\n"
        'app.register_blueprint(bp, url_prefix="/v2")\n',
        "shop.py": 'bp = Blueprint("shop", __name__, url_prefix="/v1")\n\n'
        '@bp.route("/items")\ndef items():\n    return ""\n',
    }

    assert ["/v2/items"] == paths(tmp_path, files)


def test_a_router_with_an_uncertain_prefix_has_no_routes(tmp_path: Path) -> None:
    """A path that is a guess would be measured as an error."""
    files = {
        "app.py": "app = FastAPI()\nrouter = APIRouter()\n"
        "app.include_router(router, prefix=settings.prefix)\n\n"
        '@router.get("/items")\ndef items():\n    return ""\n',
    }

    assert [] == paths(tmp_path, files)


def test_starlette_lists_its_routes(tmp_path: Path) -> None:
    """What a Mount holds stands below a prefix, and is left out."""
    text = (
        'app = Starlette(routes=[Route("/a", a), Route("/b", b, methods=["POST"]), '
        'Mount("/c", routes=[Route("/d", d)])])\n'
    )

    assert ["/a"] == paths(tmp_path, {"app.py": text})


def test_django_paths_stand_below_what_includes_them(tmp_path: Path) -> None:
    """The admin's pages need a login."""
    modules = parse_modules(folder(tmp_path, DJANGO))

    assert ["/shop/items/", "/shop/items/<int:n>/"] == [
        route.path for route in find_django_routes(modules)
    ]
