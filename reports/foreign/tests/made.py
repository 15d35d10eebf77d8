"""Small files of other tools, as the tools document them."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "files"

K6_COLUMNS = (
    "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,"
    "name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata"
)
LOCUST_COLUMNS = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,95%,99%,100%"
)
LOCUST_OLD_COLUMNS = (
    '"Method","Name","# requests","# failures","Median response time","Average response time",'
    '"Requests/s"'
)
HISTORY_COLUMNS = (
    "Timestamp,User Count,Type,Name,Requests/s,50%,95%,Total Request Count,Total Failure Count,"
    "Total Median Response Time,Total Average Response Time,Total Max Response Time"
)


def k6_csv(*rows: str) -> str:
    """A file of `--out csv`."""
    return "".join(f"{row}\n" for row in (K6_COLUMNS, *rows))


def k6_row(value: object, name: str = "/a", metric: str = "http_req_duration", **tags: str) -> str:
    """One row; a text with commas must bring its quotes."""
    cells = {
        "metric_name": metric,
        "timestamp": "1700000000",
        "metric_value": str(value),
        "expected_response": "true",
        "method": "GET",
        "name": name,
        "scenario": "default",
        "status": "200",
        **tags,
    }
    return ",".join(cells.get(column, "") for column in K6_COLUMNS.split(","))


def k6_line(value: object, name: str = "/a", metric: str = "http_req_duration", **tags: str) -> str:
    """One line of `--out json`."""
    tags = {"name": name, "method": "GET", "status": "200", "expected_response": "true", **tags}
    data = {"time": "2026-01-01T00:00:00Z", "value": value, "tags": tags}
    return json.dumps({"type": "Point", "metric": metric, "data": data}) + "\n"


def k6_summary(
    median: float, failed: int = 0, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A file of `--summary-export`; it calls those requests "passes" that failed."""
    return {
        "metrics": {
            "http_req_duration": {"med": median, "avg": median, "p(95)": median},
            "http_req_failed": {"passes": failed, "fails": 100 - failed, "value": failed / 100},
            **(more or {}),
        }
    }


def k6_2(median: float, share: float = 0.0) -> dict[str, Any]:
    """The summary of k6 2.x."""
    return {
        "version": "1.0.0",
        "results": {
            "metrics": [
                {"name": "http_req_duration", "type": "trend", "values": {"med": median}},
                {
                    "name": "http_req_failed",
                    "type": "rate",
                    "values": {"rate": share, "matches": round(share * 50), "total": 50},
                },
            ],
            "checks": {"metrics": [], "results": []},
        },
    }


def locust_csv(*rows: str, columns: str = LOCUST_COLUMNS) -> str:
    """A file of `--csv`."""
    return "".join(f"{row}\n" for row in (columns, *rows))


def locust_row(
    name: str, time: object, failed: int = 0, kind: str = "GET", count: int = 100
) -> str:
    """One row of `_stats.csv`."""
    return f"{kind},{name},{count},{failed},{time},{time},{time},{time},{time}"


def hyperfine(*results: dict[str, Any]) -> dict[str, Any]:
    """A file of `--export-json`."""
    return {"results": [{"command": "x", **one} for one in results]}


def autocannon(time: float, total: int = 100, **more: Any) -> dict[str, Any]:
    """A file of `--json`."""
    return {
        "url": "http://x",
        "latency": {"average": time, "p50": time, "p97_5": time, "p99": time},
        "requests": {"total": total},
        "throughput": {"total": 1},
        **dict.fromkeys(("errors", "timeouts", "mismatches", "resets", "non2xx"), 0),
        **more,
    }


def benchmarks(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A file of `--benchmark-json`."""
    filled = [
        {"fullname": "t.py::t", "stats": {"median": 1.0, "mean": 1.0}, **one} for one in found
    ]
    return {"machine_info": {"node": "m"}, "benchmarks": filled, **more}


def written(folder: Path, content: object, name: str = "result", encoding: str = "utf-8") -> Path:
    """A file of this content: bytes, text, or what becomes JSON."""
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
        return path
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(text.encode(encoding))
    return path


def packed(content: object, encoding: str = "utf-8") -> bytes:
    """The same, packed with gzip."""
    text = content if isinstance(content, str) else json.dumps(content)
    return gzip.compress(text.encode(encoding))
