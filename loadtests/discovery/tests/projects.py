"""Small repositories as files, for the tests of this room; nothing in them is ever run."""

from collections.abc import Mapping
from pathlib import Path

from loadtests.discovery.files import Folder

FASTAPI = {
    "requirements.txt": "fastapi\nuvicorn\n",
    "app/__init__.py": "",
    "app/main.py": """
from fastapi import Depends, FastAPI, Request
from app import items

app = FastAPI()
app.include_router(items.router, prefix="/api")


@app.get("/health")
def health():
    return {}


@app.get("/search")
def search(q: str):
    return q


@app.get("/hello")
async def hello(request: Request, name: str = "x"):
    return name


@app.get("/me")
def me(user=Depends(current_user)):
    return user


@app.post("/orders")
def order():
    return {}
""",
    "app/items.py": """
from fastapi import APIRouter

router = APIRouter(prefix="/items")
elsewhere = APIRouter()


@router.get("")
def items(limit: int = 50):
    return []


@router.get("/{item}")
def item(item: int):
    return item


@elsewhere.get("/nowhere")
def nowhere():
    return {}
""",
}
FLASK = {
    "requirements.txt": "flask==3.*\ngunicorn\n",
    "app.py": """
from flask import Flask


def create_app():
    app = Flask(__name__)

    @app.route("/")
    def index():
        return "hi"

    @app.route("/orders", methods=["POST"])
    def order():
        return ""

    @app.route("/items/<int:n>")
    def item(n):
        return str(n)

    @app.get("/healthz")
    def healthz():
        return "ok"

    return app
""",
}
DJANGO = {
    "requirements.txt": "Django\n",
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\n',
    "mysite/__init__.py": "",
    "mysite/settings.py": "",
    "mysite/wsgi.py": "application = get_wsgi_application()\n",
    "mysite/urls.py": """
urlpatterns = [path("shop/", include("shop.urls")), path("admin/", admin.site.urls)]
""",
    "shop/urls.py": """
urlpatterns = [path("items/", listing), path("items/<int:n>/", item)]
""",
}
EXPRESS = {
    "package.json": '{"scripts": {"start": "node server.js"}, "dependencies": {"express": "^4"}}',
    "package-lock.json": "{}",
    "server.js": """
const express = require('express');
const app = express();
const router = express.Router();
router.get('/list', (req, res) => res.json([]));
app.use('/api', router);
app.get('/', (req, res) => res.send('hi'));
// app.get('/old', (req, res) => res.send('hi'));
app.get('/me', requireAuth, (req, res) => res.send('hi'));
app.get('/users/:id', (req, res) => res.send('hi'));
app.get('/ping', (req, res) => res.send('pong'));
client.get('/not-a-route', (answer) => {});
app.listen(process.env.PORT || 3000);
""",
}
GO = {
    "go.mod": "module example.test/x\n\ngo 1.22\n",
    "main.go": """package main

import "os"

func main() {
	http.HandleFunc("GET /hello", nil)
	http.HandleFunc("/healthz", nil)
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
""",
}
RUST = {
    "Cargo.toml": '[package]\nname = "tiny"\nversion = "0.1.0"\n',
    "Cargo.lock": "",
    "src/main.rs": 'fn main() { env::var("PORT"); Router::new().route("/items", get(items)); }\n',
}
DOCKER = {"Dockerfile": "FROM scratch\nEXPOSE 80/tcp\n"}
PROCFILE = {"Procfile": "release: python3 migrate.py\nweb: python3 app.py ${PORT:-8000}\n"}

ALL = {
    "fastapi": FASTAPI,
    "flask": FLASK,
    "django": DJANGO,
    "express": EXPRESS,
    "go": GO,
    "rust": RUST,
    "docker": DOCKER,
    "procfile": PROCFILE,
    "empty": {},
}


def new_project(root: Path, files: Mapping[str, str]) -> Path:
    """The files in a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    root.mkdir(exist_ok=True)
    return root


def folder(root: Path, files: Mapping[str, str]) -> Folder:
    """The files, as `versus init` reads them."""
    return Folder(new_project(root, files))
