"""Where a person's configuration, runs and caches lie, from the folder where she types.

The configuration is `versus.toml` in the current folder or the nearest one above; `runs/` and
`.versus/` lie beside it. Nothing is looked for where Versus itself is installed.
"""

from dataclasses import dataclass
from pathlib import Path

from contract.errors import ConfigError

CONFIG_NAME = "versus.toml"


@dataclass(frozen=True)
class Project:
    """A configuration and the folder that holds what belongs to it.

    Attributes:
        config: the path of the configuration, as stated or found; it may not exist.
    """

    config: Path

    @property
    def folder(self) -> Path:
        """Holds `runs/` and `.versus/`; the folder of the configuration."""
        return self.config.absolute().parent

    @property
    def runs(self) -> Path:
        """The folder of runs."""
        return self.folder / "runs"

    @property
    def latest(self) -> Path:
        """The latest run's folder."""
        return self.runs / "latest"


def find_project(stated: Path | None = None) -> Project:
    """The project of a stated configuration, else that of the nearest versus.toml.

    Without either it is the current folder's, whose configuration does not exist.

    Raises:
        ConfigError: the current folder is gone.
    """
    if stated is not None:
        return Project(stated)
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise ConfigError("the current folder was removed. Change to one that exists.") from None
    found = next((one for one in (here, *here.parents) if (one / CONFIG_NAME).is_file()), here)
    return Project(found / CONFIG_NAME)


def require_config(project: Project, stated: Path | None) -> None:
    """Check that a configuration was stated or found.

    Raises:
        ConfigError: there is none here nor above.
    """
    if stated is None and not project.config.is_file():
        raise ConfigError(
            f"{CONFIG_NAME}: neither in {project.folder} nor in a folder above. Run `versus init`, "
            "or pass --config path/to/versus.toml."
        )


def make_ignored(folder: Path, mode: int = 0o777) -> None:
    """Make a folder whose files git ignores; one that is there already stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    folder.mkdir(mode=mode, parents=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
