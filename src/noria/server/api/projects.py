"""Projects: folders for functions (v0.9)."""

import asyncio
from typing import Any

from litestar import Request

from noria.records.client import Scope
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.sent import ProjectBody
from noria.server.api.shapes import ProjectShape


@route("GET", ["/v0.9/projects", "/v1/projects"], "ListProjects", Scope.INVOKE)
async def list_projects(request: Request[Any, Any, Any]) -> list[ProjectShape]:
    """All projects in the order of creation."""
    noria = request.app.state.noria
    return [ProjectShape.of(p) for p in await asyncio.to_thread(noria.storage.projects.all)]


@route("POST", ["/v0.9/projects", "/v1/projects"], "PostProject", Scope.EDIT, body=ProjectBody)
async def post_project(request: Request[Any, Any, Any]) -> ProjectShape:
    """A new project; names may repeat."""
    noria = request.app.state.noria
    given = await body(request, ProjectBody)
    return ProjectShape.of(await asyncio.to_thread(noria.teacher.create_project, given.name))


routes = [list_projects, post_project]
