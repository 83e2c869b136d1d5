"""The API can be read on a page that the server draws."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI, Schema

from beheer.ui.api_pages import operations


class Inner(Schema):
    """A thing in a thing."""

    key: str


class Thing(Schema):
    """Something with a list and something that may be missing."""

    name: str
    size: int | None = None
    parts: list[Inner] = []


def described() -> dict[str, Any]:
    """The text of a small API."""
    api = NinjaAPI(urls_namespace="small")

    @api.post("/things/{number}", response=list[Thing], tags=["things"])
    def make(request: object, number: int, body: Thing) -> list[Thing]:
        """Make a thing."""
        return [body]

    schema: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/")
    return schema


def test_an_operation_says_what_it_takes_and_gives() -> None:
    [(tag, [one])] = operations(described(), "http://here")
    assert (tag, one.verb, one.path, one.text) == ("things", "POST", "/api/things/{number}", "Make a thing.")
    assert [(part.name, part.kind, part.is_required, part.place) for part in one.parameters] == [
        ("number", "integer", True, "path")
    ]
    assert [(part.name, part.kind, part.is_required) for part in one.body] == [
        ("name", "string", True),
        ("size", "integer", False),
        ("parts", "[object]", False),
        ("parts[].key", "string", True),
    ]
    assert [part.name for part in one.answer] == ["[].name", "[].size", "[].parts", "[].parts[].key"]
    assert one.example.startswith("curl -X POST ") and one.example.endswith(
        "-d @body.json http://here/api/things/{number}"
    )
