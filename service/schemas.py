"""Request and response bodies."""

from collections.abc import Iterable
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

# What is nested deeper than some 200 levels is stored well, but cannot be written out again.
NESTING_MAX = 100


class VersionSummary(BaseModel):
    """A version without its payload."""

    version_number: int = Field(ge=1)
    created_at: AwareDatetime
    node_count: int = Field(ge=0)
    edge_count: int = Field(ge=0)


class Version(VersionSummary):
    """A version with its payload."""

    payload: dict[str, Any]


class WorkflowFields(BaseModel):
    """What a workflow is, whatever its versions."""

    id: UUID
    name: str
    description: str
    is_template: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class WorkflowItem(WorkflowFields):
    """A workflow as lists show it; `latest_version` is null while there is none."""

    latest_version: VersionSummary | None


class WorkflowPage(BaseModel):
    """A page of workflows, newest first; `next_offset` is null on the last one."""

    items: list[WorkflowItem]
    next_offset: int | None


class WorkflowWithPayload(WorkflowFields):
    """A workflow with the payload of its latest version."""

    latest_version: Version | None


class Graph(BaseModel):
    """A workflow's payload, nested at most 100 deep; the editor's own keys are kept too."""

    model_config = ConfigDict(extra="allow")

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]

    @model_validator(mode="after")
    def _not_too_deep(self) -> Self:
        level: list[Any] = [self.nodes, self.edges, *(self.model_extra or {}).values()]
        # Level by level: recursion is what too deep a payload would break.
        for _ in range(1, NESTING_MAX):
            level = [inner for outer in level for inner in _within(outer)]
        if any(isinstance(value, dict | list) for value in level):
            raise ValueError(f"The payload is nested deeper than {NESTING_MAX} levels.")
        return self


def _within(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class NewWorkflow(BaseModel):
    """A workflow to create, with the payload of its first version."""

    model_config = ConfigDict(extra="forbid")

    name: _Name
    description: str = Field(default="", max_length=4000)
    payload: Graph


class NewVersion(BaseModel):
    """A version to add."""

    model_config = ConfigDict(extra="forbid")

    payload: Graph


class FileItem(BaseModel):
    """A file without URLs."""

    id: UUID
    name: str
    content_type: str
    size_bytes: int = Field(ge=0)
    created_at: AwareDatetime


class FileItemWithUrls(FileItem):
    """A file with presigned URLs; `thumbnail_url` is null where there is no thumbnail."""

    download_url: str
    thumbnail_url: str | None


class FilePage(BaseModel):
    """A page of files, newest first; `next_offset` is null on the last one."""

    items: list[FileItem]
    next_offset: int | None


class FilePageWithUrls(BaseModel):
    """The same page with presigned URLs."""

    items: list[FileItemWithUrls]
    next_offset: int | None


class Me(BaseModel):
    """The caller, as the token tells."""

    id: UUID
    role: str
    email: str | None


class Health(BaseModel):
    """The service is up."""

    status: str = "ok"
