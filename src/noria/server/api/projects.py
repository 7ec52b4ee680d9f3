"""Projects: folders for functions (v0.9)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from litestar import Request

from noria.records.client import Scope
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.shapes import ProjectBody, ProjectShape
from noria.serving.teaching import checked_name


@route("GET", ["/v0.9/projects", "/v1/projects"], "ListProjects", Scope.INVOKE)
async def list_projects(request: Request[Any, Any, Any]) -> list[ProjectShape]:
    noria = request.app.state.noria
    return [ProjectShape.of(p) for p in await asyncio.to_thread(noria.storage.projects.all)]


@route("POST", ["/v0.9/projects", "/v1/projects"], "PostProject", Scope.ADMIN, body=ProjectBody)
async def post_project(request: Request[Any, Any, Any]) -> ProjectShape:
    noria = request.app.state.noria
    name = checked_name((await body(request, ProjectBody)).name, "project")
    project = await asyncio.to_thread(noria.storage.projects.create, name, datetime.now(UTC))
    return ProjectShape.of(project)


routes = [list_projects, post_project]
