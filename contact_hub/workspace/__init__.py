"""The workspace as a file: typed, checked, compared, compiled. Pure, but for reading the packaged demo.

workspace = parse(text)                      # or WorkspaceRefused, with every reason and its line
problems = check(workspace, today=today)     # the warnings
changes = diff(current, workspace)
plan = compile_plan(workspace, version)
"""

from contact_hub.workspace.canned import fields, fill
from contact_hub.workspace.checks import check, refuses
from contact_hub.workspace.compile import compile_plan
from contact_hub.workspace.demo import demo_text, demo_workspace
from contact_hub.workspace.diff import Change, diff, render, render_problems
from contact_hub.workspace.load import dump, from_document, from_stored, parse, parse_placed, placed, to_document
from contact_hub.workspace.model import LEAVE_MESSAGE, Workspace
from contact_hub.workspace.problems import Problem, Severity, WorkspaceRefused

__all__ = [
    "LEAVE_MESSAGE",
    "Change",
    "Problem",
    "Severity",
    "Workspace",
    "WorkspaceRefused",
    "check",
    "compile_plan",
    "demo_text",
    "demo_workspace",
    "diff",
    "dump",
    "fields",
    "fill",
    "from_document",
    "from_stored",
    "parse",
    "parse_placed",
    "placed",
    "refuses",
    "render",
    "render_problems",
    "to_document",
]
