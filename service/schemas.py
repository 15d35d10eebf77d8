"""Request and response bodies."""

from collections.abc import Iterable
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    model_validator,
)

from service.contents import NAME_LENGTH_MAX, SIZE_BYTES_MAX, ContentType
from service.limits import EDGES_MAX, ERRORS_MAX, FILES_MAX, NESTING_MAX, NODES_MAX

# Postgres refuses NUL.
_NO_NUL = r"^[^\x00]*$"
# Not blank; what Python takes for blanks, too.
_NOT_BLANK = r"^[^\x00]*[^\x00\s\x1c-\x1f\x85][^\x00]*$"
_Name = Annotated[
    # Stripped last, so that the limits of the OpenAPI document are those of the text as sent.
    str,
    StringConstraints(min_length=1, max_length=200, pattern=_NOT_BLANK),
    AfterValidator(str.strip),
]


class _Strict(BaseModel):
    """A part of a request that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, sent: Any) -> Any:
        # Each unknown key would be an error of its own.
        if isinstance(sent, dict) and len(sent) > len(cls.model_fields) + ERRORS_MAX:
            known = ", ".join(cls.model_fields)
            raise ValueError(f"There are {len(sent)} keys; known are {known}.")
        return sent


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
    """The fields of a workflow without its versions."""

    id: UUID
    name: str
    description: str
    is_template: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class WorkflowItem(WorkflowFields):
    """A workflow in a list; `latest_version` is null while there is none."""

    latest_version: VersionSummary | None


class WorkflowPage(BaseModel):
    """A page of workflows, newest first; `next_offset` is null on the last one."""

    items: list[WorkflowItem]
    next_offset: int | None


class WorkflowWithPayload(WorkflowFields):
    """A workflow with the payload of its latest version."""

    latest_version: Version | None


class Graph(BaseModel):
    """A workflow's payload, nested at most 100 levels deep; the editor's other keys are kept.

    No text in it, keys included, may contain NUL or half of a surrogate pair.
    """

    model_config = ConfigDict(extra="allow")

    nodes: Annotated[list[dict[str, Any]], FailFast()] = Field(max_length=NODES_MAX)
    edges: Annotated[list[dict[str, Any]], FailFast()] = Field(max_length=EDGES_MAX)

    @model_validator(mode="after")
    def _not_too_deep(self) -> Self:
        level: list[Any] = [self.nodes, self.edges, *(self.model_extra or {}).values()]
        # Level by level, because recursion would fail for a payload that is too deep.
        for _ in range(1, NESTING_MAX):
            level = [inner for outer in level for inner in _within(outer)]
        if any(isinstance(value, dict | list) for value in level):
            raise ValueError(f"The payload is nested deeper than {NESTING_MAX} levels.")
        return self

    def content(self) -> dict[str, Any]:
        """The payload as it was sent, not copied as `model_dump` would."""
        return {"nodes": self.nodes, "edges": self.edges, **(self.model_extra or {})}


def _within(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class NewWorkflow(_Strict):
    """A workflow to create, with the payload of its first version."""

    name: _Name
    description: str = Field(default="", max_length=4000, pattern=_NO_NUL)
    payload: Graph


class NewVersion(_Strict):
    """A version to add."""

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


class FileResult(BaseModel):
    """The result of one file of several.

    Attributes:
        status: the status that the file alone would have had.
        file: the listed file; null if it was not stored.
        detail: why it was not stored; null if it was.
    """

    name: str
    status: int
    file: FileItem | None
    detail: str | None


class FileResults(BaseModel):
    """One result for each file, in the order of the request."""

    results: list[FileResult]


_FileName = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_LENGTH_MAX, pattern=_NO_NUL)
]


class NewUpload(_Strict):
    """A file that a client will send to the store."""

    name: _FileName
    content_type: ContentType
    size_bytes: int = Field(ge=0, le=SIZE_BYTES_MAX, strict=True)


class NewUploads(_Strict):
    """Files that a client will send to the store."""

    files: list[NewUpload] = Field(min_length=1, max_length=FILES_MAX)


class UploadSlot(BaseModel):
    """Where to PUT one file, once.

    Attributes:
        headers: required with the file; the store refuses any other values.
    """

    id: UUID
    upload_url: str
    headers: dict[str, str]
    expires_in_s: int


class UploadSlots(BaseModel):
    """One slot for each file, in the order of the request."""

    uploads: list[UploadSlot]


class SentUpload(NewUpload):
    """A file that a client has sent to the store, by the id of its slot."""

    id: UUID


class SentUploads(_Strict):
    """Files that a client has sent to the store."""

    files: list[SentUpload] = Field(min_length=1, max_length=FILES_MAX)


class Me(BaseModel):
    """The caller, according to the token."""

    id: UUID
    role: str
    email: str | None


class Health(BaseModel):
    """The service is up."""

    status: str = "ok"
