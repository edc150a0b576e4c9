"""Answers by mail: the page that a link in a mail opens, and the answer that its form sends."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from persistence.runs.executions import Executions
from persistence.runs.question_answers import Inputs
from persistence.triggers.webhook_targets import WebhookTargets
from server.description.operations import operation
from server.http.bodies import BODY_LIMIT
from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.actors import Actor
from server.identity.authentication import OPEN
from server.identity.callers import Caller, Callers
from server.limits.rate_limits import Limits
from server.requests.input_answers import InputAnswers, InputView, input_view
from server.runs.execution_service import ExecutionService
from server.settings.sources import Settings
from server.triggers.answer_page import POLICY, answer_page, read_answer_form, told_page
from server.triggers.question_links import QuestionLink, QuestionLinks
from server.triggers.trigger_makers import as_allowed, maker_of, refusal
from server.triggers.webhook_inputs import read_form

__all__ = ["AnswersController"]

HTML = "text/html"
FORM = "application/x-www-form-urlencoded"
FORM_BYTES = 1_000_000


class Answering(Struct, frozen=True):
    """Who answers by mail, as the audit log has them."""

    actor: Actor


class AnswersController(Controller):
    """The page behind the link of a mail. It needs no key: the link is of one question and expires."""

    path = "/answers"
    tags = ("Webhooks",)
    opt = ANY_QUERY

    @get("/{token:str}", operation_id="getAnswerPage", opt=operation(404, 410, media=HTML, opt=OPEN))
    async def page(
        self,
        token: FromPath[str],
        request: Request[Any, Any, Any],
        question_links: NamedDependency[QuestionLinks],
        webhook_targets: NamedDependency[WebhookTargets],
        callers: NamedDependency[Callers],
        limits: NamedDependency[Limits],
        settings: NamedDependency[Settings],
        inputs: NamedDependency[Inputs],
    ) -> Response[bytes]:
        """Return the question of a mail as a page with a form. Opening it answers nothing."""
        await limits.take(limits.of_address(request.client))
        try:
            allowed = await _allowed(token, question_links, webhook_targets, callers, settings)
            question = await _question(allowed, inputs)
        except Problem as problem:
            return _refused(request, problem)
        if question.status != "open":
            return _html(told_page("This question is closed", _closed(question)), 200)
        return _html(answer_page(question), 200)

    @post(
        "/{token:str}",
        operation_id="answerByMail",
        status_code=200,
        opt=operation(403, 404, 409, 410, 415, 422, media=HTML, opt={**OPEN, "audited": True}),
    )
    async def answer(
        self,
        token: FromPath[str],
        request: Request[Any, Any, Any],
        question_links: NamedDependency[QuestionLinks],
        webhook_targets: NamedDependency[WebhookTargets],
        callers: NamedDependency[Callers],
        limits: NamedDependency[Limits],
        settings: NamedDependency[Settings],
        inputs: NamedDependency[Inputs],
        executions: NamedDependency[Executions],
        execution_service: NamedDependency[ExecutionService],
    ) -> Response[bytes]:
        """Answer the question of a mail, once. The run resumes immediately."""
        await limits.take(limits.of_address(request.client))
        form: dict[str, str] = {}
        question: InputView | None = None
        try:
            if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                raise Problem(403, "forbidden_origin", "The form was sent by another site.")
            allowed = await _allowed(token, question_links, webhook_targets, callers, settings)
            question = await _question(allowed, inputs)
            form = await _form(request)
            by = f"{allowed.to} by mail"
            answering = InputAnswers(executions, inputs, execution_service)
            target = ("execution", allowed.execution_id)
            request.scope["user"] = Answering(Actor(allowed.workspace, "nobody", name=by, target=target))
            caller = Caller(allowed.workspace, "", by)
            await answering.respond(request, caller, allowed.execution_id, read_answer_form(question, form))
        except Problem as problem:
            request.scope.pop("user", None)
            shows = question is not None and question.status == "open" and _reads(request)
            if problem.document.status == 422 and question is not None and shows:
                return _html(answer_page(question, wrong=problem.document.detail, given=form), 422)
            return _refused(request, problem)
        return _html(told_page("Thank you", "Your answer is taken, and the run continues."), 200)


async def _allowed(
    token: str,
    links: QuestionLinks,
    targets: WebhookTargets,
    callers: Callers,
    settings: Settings,
) -> QuestionLink:
    """Return what a link allows as things are.

    Raises:
        Problem: 404 or 410.
    """
    found = links.read(token)
    target = await targets.get(found.workspace, found.target_id)
    maker = None
    if target is not None:
        maker = as_allowed(await callers.lately(maker_of(target)), settings.auth)
    if target is None or not target.enabled or refusal(target, maker, auth=settings.auth):
        raise Problem(410, "link_expired", "This link works no more: its mails were switched off.")
    return found


async def _question(allowed: QuestionLink, inputs: Inputs) -> InputView:
    for each in await inputs.of(allowed.execution_id):
        if each.id == allowed.input_id and each.workspace == allowed.workspace:
            return input_view(each)
    raise Problem(410, "link_expired", "The question of this link is kept no more.")


async def _form(request: Request[Any, Any, Any]) -> dict[str, str]:
    request.scope["state"][BODY_LIMIT] = FORM_BYTES
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != FORM:
        raise Problem(415, "media_type", "The answer must be sent by the form of the page.")
    return await read_form(kind, await request.body(), most=1000)


def _closed(question: InputView) -> str:
    answer = question.answer
    if question.status == "answered" and answer is not None:
        by = f" by {answer.by}" if answer.by else ""
        return f"It was answered{by} at {question.answered_at}: {answer.action}."
    return f"It was {question.status} at {question.answered_at}."


def _reads(request: Request[Any, Any, Any]) -> bool:
    """Say whether a browser asks, which shows pages to people."""
    return HTML in request.headers.get("accept", "")


def _refused(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """Return a refusal as a page, for people.

    Raises:
        Problem: it is for a program.
    """
    if not _reads(request):
        raise problem
    document = problem.document
    title = "This did not work" if document.status < 410 else "This link works no more"
    return _html(told_page(title, document.detail), document.status)


def _html(body: bytes, status: int) -> Response[bytes]:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(body, media_type=HTML, status_code=status, headers=headers)
