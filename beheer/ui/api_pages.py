"""The API as a page to read: every operation with what it takes and gives, drawn by the server from OpenAPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

VERBS = ("get", "post", "put", "patch", "delete")
DEEPEST = 3
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing an operation takes or gives: a parameter, or a field of a body (dotted when it lies deeper)."""

    name: str
    kind: str
    is_required: bool
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as shown."""

    key: str
    verb: str
    path: str
    summary: str
    text: str
    parameters: list[Part]
    body: list[Part]
    answer: list[Part]
    example: str


class ApiPages(DocsBase):
    """Draws `/api/docs` in the frame of all pages; needs no script from elsewhere."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page."""
        schema: Schema = api.get_openapi_schema(path_params=kwargs)
        base = f"{request.scheme}://{request.get_host()}"
        context = {
            "groups": operations(schema, base),
            "openapi_url": self.get_openapi_url(api, kwargs),
            "text": schema["info"].get("description", ""),
        }
        return render(request, "ui/api.html", context)


def operations(schema: Schema, base: str) -> list[tuple[str, list[Operation]]]:
    """All operations by their first tag, in the order of the text."""
    groups: dict[str, list[Operation]] = {}
    for path, verbs in schema["paths"].items():
        for verb in VERBS:
            if verb in verbs:
                tag = (verbs[verb].get("tags") or [""])[0]
                groups.setdefault(tag, []).append(_operation(schema, base, path, verb, verbs[verb]))
    return list(groups.items())


def _operation(schema: Schema, base: str, path: str, verb: str, said: Schema) -> Operation:
    body = said.get("requestBody", {}).get("content", {})
    answers = said.get("responses", {})
    good: Schema = next((answers[code] for code in sorted(answers, key=str) if str(code).startswith("2")), {})
    return Operation(
        key=said["operationId"],
        verb=verb.upper(),
        path=path,
        summary=said.get("summary", ""),
        text=said.get("description", ""),
        parameters=[_parameter(schema, one) for one in said.get("parameters", [])],
        body=_fields(schema, _of_content(body)),
        answer=_fields(schema, _of_content(good.get("content", {}))),
        example=_example(base, path, verb, bool(body)),
    )


def _parameter(schema: Schema, said: Schema) -> Part:
    inner = said.get("schema", {})
    text = said.get("description") or inner.get("description", "")
    return Part(said["name"], kind_of(schema, inner), said.get("required", False), text, said["in"])


def _of_content(content: Schema) -> Schema:
    """The schema of the first media type."""
    first: Schema = next(iter(content.values())) if content else {}
    found: Schema = first.get("schema", {})
    return found


def _resolved(schema: Schema, said: Schema) -> Schema:
    """A schema with its reference followed; of a choice with nothing, the something."""
    if "$ref" in said:
        name = said["$ref"].rsplit("/", 1)[-1]
        return _resolved(schema, schema["components"]["schemas"][name])
    choices = [one for one in said.get("anyOf", []) if one.get("type") != "null"]
    if len(choices) == 1:
        return {
            **_resolved(schema, choices[0]),
            **{key: said[key] for key in ("description",) if key in said},
        }
    return said


def kind_of(schema: Schema, said: Schema) -> str:
    """The type in a word: "string", "date-time", "list of integer", "one of a, b"."""
    found = _resolved(schema, said)
    if "enum" in found:
        return " | ".join(str(value) for value in found["enum"])
    if found.get("type") == "array":
        return f"[{kind_of(schema, found.get('items', {}))}]"
    if "anyOf" in found:
        return " | ".join(kind_of(schema, one) for one in found["anyOf"])
    return str(found.get("format") or found.get("type") or "any")


def _fields(schema: Schema, said: Schema, before: str = "", depth: int = 0) -> list[Part]:
    """The fields of an object, those of objects in it with dotted names; of a list those of its items."""
    found = _resolved(schema, said)
    if found.get("type") == "array":
        return _fields(schema, found.get("items", {}), f"{before}[].", depth)
    parts = []
    for name, inner in found.get("properties", {}).items():
        required = name in found.get("required", [])
        full = _resolved(schema, inner)
        parts.append(Part(before + name, kind_of(schema, inner), required, full.get("description", "")))
        target = _resolved(schema, full.get("items", {})) if full.get("type") == "array" else full
        if depth < DEEPEST and target.get("properties"):
            dots = "[]." if full.get("type") == "array" else "."
            parts += _fields(schema, target, f"{before}{name}{dots}", depth + 1)
    return parts


def _example(base: str, path: str, verb: str, has_body: bool) -> str:
    """A command that calls it."""
    method = "" if verb == "get" else f"-X {verb.upper()} "
    data = " -H 'Content-Type: application/json' -d @body.json" if has_body else ""
    return f'curl {method}-H "Authorization: Bearer $TOKEN"{data} {base}{path}'
