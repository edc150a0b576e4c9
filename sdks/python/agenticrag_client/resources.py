"""The calls, by what they are about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, Literal, Mapping, Optional, Sequence, Union

from .streams import EventStream
from .transport import Transport
from .config import UNSET, Timeout, Unset
from .errors import WaitTimeoutError
from .requests import Content, File, Id, Options, Request, form, segment

if TYPE_CHECKING:
    from . import models, raw_resources
else:
    from . import lazy_models as models

__all__ = [
    "Account",
    "Agentflows",
    "Agents",
    "Audit",
    "Chatflows",
    "CostTracking",
    "Credentials",
    "Embeds",
    "Executions",
    "Flows",
    "Health",
    "Keys",
    "KnowledgeBases",
    "Memories",
    "Metrics",
    "Models",
    "NodeTypes",
    "Schedules",
    "Sessions",
    "Templates",
    "Tools",
    "Users",
    "Variables",
    "WebhookTargets",
    "Webhooks",
    "Workflows",
    "Workspaces",
]


class Account:
    """Account."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawAccount:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawAccount

        return RawAccount(self._transport)

    def login(
        self,
        email: str,
        password: str,
        *,
        workspace: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Tokens:
        """Log in with a password. A wrong password and an unknown email address get the same
        response.

        Args:
            workspace: ID or slug of the workspace. Null: the first one of the user.
        """
        return self._transport.model(
            models.Tokens,
            Request(
                "POST",
                "/api/agent-builder/auth/login",
                body={
                    "email": email,
                    "password": password,
                    "workspace": workspace,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def logout(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """End the login of the access token, with all its streams."""
        return self._transport.model(
            models.Deleted,
            Request(
                "POST",
                "/api/agent-builder/auth/logout",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def who_am_i(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Account:
        """Return the identity and permissions of the client."""
        return self._transport.model(
            models.Account,
            Request(
                "GET",
                "/api/agent-builder/auth/me",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def change_password(
        self,
        current_password: str,
        new_password: str,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Change your own password. All your logins end, including this one."""
        return self._transport.model(
            models.Deleted,
            Request(
                "POST",
                "/api/agent-builder/auth/password",
                body={
                    "current_password": current_password,
                    "new_password": new_password,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def refresh_login(
        self,
        refresh_token: str,
        *,
        workspace: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Tokens:
        """Exchange a refresh token for the next pair of tokens.

        Args:
            workspace: ID or slug of the workspace. Null: the first one of the user.
        """
        return self._transport.model(
            models.Tokens,
            Request(
                "POST",
                "/api/agent-builder/auth/refresh",
                body={
                    "refresh_token": refresh_token,
                    "workspace": workspace,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_my_invitations(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.InvitationList:
        """List the invitations of the caller's address, the oldest first."""
        return self._transport.model(
            models.InvitationList,
            Request(
                "GET",
                "/api/agent-builder/invitations",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def decline_invitation(
        self,
        invitation_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Decline an invitation; the workspace may invite again."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/invitations/{segment(invitation_id, 'invitation_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def accept_invitation(
        self,
        invitation_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.InvitationView:
        """Become a member of the workspace that has invited the caller."""
        return self._transport.model(
            models.InvitationView,
            Request(
                "POST",
                f"/api/agent-builder/invitations/{segment(invitation_id, 'invitation_id')}/accept",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create_ticket(
        self,
        *,
        execution_id: Union[str, None, Unset] = UNSET,
        flow_id: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TicketView:
        """Create a ticket for streams. It is valid for one minute.

        It can no more than its caller, and a stream that it opened ends with the caller's right
        to it.

        Args:
            execution_id: Only streams of this run.
            flow_id: Only chats and WebSockets of this flow.
        """
        return self._transport.model(
            models.TicketView,
            Request(
                "POST",
                "/api/agent-builder/tickets",
                body={
                    "execution_id": execution_id,
                    "flow_id": flow_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Agentflows:
    """Agentflows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawAgentflows:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawAgentflows

        return RawAgentflows(self._transport)

    def list(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page: Optional[int] = None,
        page_size: Optional[int] = None,
        after: Optional[str] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowPage:
        """List agentflows, the newest first.

        Args:
            search: Text in the name, description or tags.
            tags: Tags, separated by commas: all must be there.
            category: The category.
            is_active: Only flows that are switched on, or off.
            page: The page, from 1.
            page_size: How many a page has.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.FlowPage,
            Request(
                "GET",
                "/api/agent-builder/agentflows",
                query={
                    "search": search,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "page": page,
                    "page_size": page_size,
                    "after": after,
                    "sort_by": sort_by,
                    "sort_order": sort_order,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page_size: Optional[int] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[Union[models.ChatflowView, models.AgentflowView]]:
        """Go through all that `list` lists, page by page."""
        page: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                search=search,
                tags=tags,
                category=category,
                is_active=is_active,
                page=page,
                page_size=page_size,
                after=after,
                sort_by=sort_by,
                sort_order=sort_order,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.flows:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.flows)
            if not answer.flows or seen >= answer.total:
                return
            page = (page or 1) + 1

    def create(
        self,
        name: str,
        *,
        slug: Union[str, None, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        orchestration_type: Union[str, Unset] = UNSET,
        supervisor_config: Union[models.Supervisor, Mapping[str, Any], None, Unset] = UNSET,
        agents: Union[Sequence[Union[models.AttachedAgent, Mapping[str, Any]]], Unset] = UNSET,
        graph_definition: Union[models.GraphDefinition, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        tags: Union[Sequence[str], Unset] = UNSET,
        category: Union[str, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        is_public: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentflowView:
        """Store an agentflow.

        A `graph_definition` that could not run is refused: `errors` has everything that is
        wrong with it.

        Args:
            slug: Name in URLs and for other clients: lower-case letters, digits and hyphens. It
                is unique in the workspace. Null: it is made from the name.
            orchestration_type: How attached agents work together. Ignored if there is a
                `graph_definition`.
            agents: Attached agents. `POST /agentflows/{id}/agents` attaches more.
            limits: Limits of its runs, if they differ from the server's settings.
            is_active: Whether it can run.
        """
        return self._transport.model(
            models.AgentflowView,
            Request(
                "POST",
                "/api/agent-builder/agentflows",
                body={
                    "name": name,
                    "slug": slug,
                    "description": description,
                    "orchestration_type": orchestration_type,
                    "supervisor_config": supervisor_config,
                    "agents": agents,
                    "graph_definition": graph_definition,
                    "limits": limits,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "is_public": is_public,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentflowView:
        """Return an agentflow."""
        return self._transport.model(
            models.AgentflowView,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        flow_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        slug: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        orchestration_type: Union[str, Unset] = UNSET,
        supervisor_config: Union[models.Supervisor, Mapping[str, Any], None, Unset] = UNSET,
        agents: Union[Sequence[Union[models.AttachedAgent, Mapping[str, Any]]], Unset] = UNSET,
        graph_definition: Union[models.GraphDefinition, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        tags: Union[Sequence[str], Unset] = UNSET,
        category: Union[str, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        is_public: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentflowView:
        """Update an agentflow. Missing fields stay unchanged, and active runs keep their version.

        Args:
            slug: The old slug still leads to the flow.
        """
        return self._transport.model(
            models.AgentflowView,
            Request(
                "PUT",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}",
                body={
                    "name": name,
                    "slug": slug,
                    "description": description,
                    "orchestration_type": orchestration_type,
                    "supervisor_config": supervisor_config,
                    "agents": agents,
                    "graph_definition": graph_definition,
                    "limits": limits,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "is_public": is_public,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete an agentflow. Its executions stay readable."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_attached_agents(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AttachedList:
        """List the agents of an agentflow."""
        return self._transport.model(
            models.AttachedList,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/agents",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def attach_agent(
        self,
        flow_id: Id,
        name: str,
        *,
        id: Union[str, Unset] = UNSET,
        agent_id: Union[str, None, Unset] = UNSET,
        role: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        instructions: Union[str, Unset] = UNSET,
        capabilities: Union[Sequence[str], Unset] = UNSET,
        priority: Union[int, Unset] = UNSET,
        max_retries: Union[int, Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        dependencies: Union[Sequence[str], Unset] = UNSET,
        input_mapping: Union[Mapping[str, str], None, Unset] = UNSET,
        output_mapping: Union[Mapping[str, str], None, Unset] = UNSET,
        conditional_logic: Union[str, models.Condition, Mapping[str, Any], None, Unset] = UNSET,
        parallel_group: Union[str, None, Unset] = UNSET,
        subscribes_to: Union[Sequence[str], Unset] = UNSET,
        emits: Union[Sequence[str], Unset] = UNSET,
        llm_provider: Union[str, Unset] = UNSET,
        llm_model: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        max_tokens: Union[int, None, Unset] = UNSET,
        tools: Union[Sequence[Any], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
    ) -> models.AttachedView:
        """Attach an agent to an agentflow.

        It may depend on an agent that is not attached yet: `GET /agentflows/{flow_id}/validate`
        tells what is still missing.

        Args:
            id: Its ID in this flow. Empty: the server creates one.
            agent_id: The stored agent to use: its model, prompt and tools. Null: the fields
                here define the agent.
            role: Its role in the team, such as `researcher` or `critic`.
            description: What it does. Models that choose an agent read this.
            instructions: Template for additional instructions to its model. Only without
                `agent_id`.
            capabilities: What it is good at. Models that choose an agent read this, and
                `capability` compares it.
            priority: A higher number comes first. Agents with the same priority keep the order
                in which they were attached.
            max_retries: How often it is retried after a failure.
            timeout_seconds: Maximum time of one attempt, in seconds.
            dependencies: Agents of this flow that must run before it: by id, agent_id or name.
            input_mapping: Its input in place of the request: a name and an expression, or a
                template with `{{ … }}`.
            output_mapping: Variables to set: a name and an expression in which `arrived` is the
                answer.
            conditional_logic: When it runs: an expression, or `{"condition": "…"}`. Null:
                always.
            parallel_group: Agents of the same group run in parallel. Groups run one after the
                other.
            subscribes_to: Events that start it in `event_driven`: `order.paid`, `order.*`, `*`.
                Empty: `start`.
            emits: Events that it emits in `event_driven`, in addition to `<its
                node>.completed`. If there are several, its model chooses one.
            llm_provider: Provider of its model. Empty: the one of the stored agent, the
                supervisor or the server.
            llm_model: The provider's name of its model. Empty: as for `llm_provider`.
            credential: Name of a credential with the key for its model. Empty: the one of the
                stored agent or the supervisor, if it uses their model. Otherwise the server's
                key.
            max_tokens: Maximum tokens of an answer. Null: the value of the stored agent or the
                supervisor.
            tools: Tools that it may use, in the same form as in an agent node.
        """
        return self._transport.model(
            models.AttachedView,
            Request(
                "POST",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/agents",
                body={
                    "name": name,
                    "id": id,
                    "agent_id": agent_id,
                    "role": role,
                    "description": description,
                    "instructions": instructions,
                    "capabilities": capabilities,
                    "priority": priority,
                    "max_retries": max_retries,
                    "timeout_seconds": timeout_seconds,
                    "dependencies": dependencies,
                    "input_mapping": input_mapping,
                    "output_mapping": output_mapping,
                    "conditional_logic": conditional_logic,
                    "parallel_group": parallel_group,
                    "subscribes_to": subscribes_to,
                    "emits": emits,
                    "llm_provider": llm_provider,
                    "llm_model": llm_model,
                    "credential": credential,
                    "max_tokens": max_tokens,
                    "tools": tools,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers),
            ),
        )

    def get_attached_agent(
        self,
        flow_id: Id,
        attached_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AttachedView:
        """Return an agent of an agentflow, by its ID or by the ID of its stored agent."""
        return self._transport.model(
            models.AttachedView,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/agents/{segment(attached_id, 'attached_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_attached_agent(
        self,
        flow_id: Id,
        attached_id: Id,
        *,
        agent_id: Union[str, None, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        role: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        instructions: Union[str, Unset] = UNSET,
        capabilities: Union[Sequence[str], Unset] = UNSET,
        priority: Union[int, Unset] = UNSET,
        max_retries: Union[int, Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        dependencies: Union[Sequence[str], Unset] = UNSET,
        input_mapping: Union[Mapping[str, str], None, Unset] = UNSET,
        output_mapping: Union[Mapping[str, str], None, Unset] = UNSET,
        conditional_logic: Union[str, models.Condition, Mapping[str, Any], None, Unset] = UNSET,
        parallel_group: Union[str, None, Unset] = UNSET,
        subscribes_to: Union[Sequence[str], Unset] = UNSET,
        emits: Union[Sequence[str], Unset] = UNSET,
        llm_provider: Union[str, Unset] = UNSET,
        llm_model: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        max_tokens: Union[int, None, Unset] = UNSET,
        tools: Union[Sequence[Any], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
    ) -> models.AttachedView:
        """Update an agent of an agentflow. Missing fields stay unchanged."""
        return self._transport.model(
            models.AttachedView,
            Request(
                "PUT",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/agents/{segment(attached_id, 'attached_id')}",
                body={
                    "agent_id": agent_id,
                    "name": name,
                    "role": role,
                    "description": description,
                    "instructions": instructions,
                    "capabilities": capabilities,
                    "priority": priority,
                    "max_retries": max_retries,
                    "timeout_seconds": timeout_seconds,
                    "dependencies": dependencies,
                    "input_mapping": input_mapping,
                    "output_mapping": output_mapping,
                    "conditional_logic": conditional_logic,
                    "parallel_group": parallel_group,
                    "subscribes_to": subscribes_to,
                    "emits": emits,
                    "llm_provider": llm_provider,
                    "llm_model": llm_model,
                    "credential": credential,
                    "max_tokens": max_tokens,
                    "tools": tools,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers),
            ),
        )

    def detach_agent(
        self,
        flow_id: Id,
        attached_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Remove an agent from an agentflow. The stored agent stays."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/agents/{segment(attached_id, 'attached_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def execute(
        self,
        flow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionAnswer:
        """Run an agentflow and return its output.

        The run continues if the client disconnects, unless the request or its key says
        otherwise.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ExecutionAnswer,
            Request(
                "POST",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/execute",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def execute_stream(
        self,
        flow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ExecutionEvent]:
        """Run an agentflow and stream its events. The data of the last event is the text `[DONE]`.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on
        with its run.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ExecutionEvent] = EventStream(
            self._transport,
            models.ExecutionEvent,
            Request(
                "POST",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/execute/stream",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("complete", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def plan(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ExecutionPlan:
        """Explain the steps of an agentflow without running it."""
        return self._transport.model(
            models.ExecutionPlan,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/execution-plan",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_executions(
        self,
        flow_id: Id,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowExecutionPage:
        """List an agentflow's executions, the newest first.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
            status: Only those of this status.
            from_: Only those accepted then or later: a date or time, ISO 8601.
            to: Only those accepted before then: a date or time.
        """
        return self._transport.model(
            models.FlowExecutionPage,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/executions",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                    "status": status,
                    "from": from_,
                    "to": to,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_executions(
        self,
        flow_id: Id,
        *,
        limit: Optional[int] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.FlowExecution]:
        """Go through all that `list_executions` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list_executions(
                flow_id,
                limit=limit,
                offset=offset,
                after=after,
                status=status,
                from_=from_,
                to=to,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.executions:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.executions)
            if not answer.executions or seen >= answer.total:
                return
            offset = seen

    def get_execution(
        self,
        flow_id: Id,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowExecutionDetails:
        """Return an execution with its input, output, nodes and tokens."""
        return self._transport.model(
            models.FlowExecutionDetails,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/executions/{segment(execution_id, 'execution_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def validate(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Checked:
        """Validate an agentflow without running it."""
        return self._transport.model(
            models.Checked,
            Request(
                "GET",
                f"/api/agent-builder/agentflows/{segment(flow_id, 'flow_id')}/validate",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Agents:
    """Agents."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawAgents:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawAgents

        return RawAgents(self._transport)

    def list(
        self,
        *,
        search: Optional[str] = None,
        page: Optional[int] = None,
        page_size: Optional[int] = None,
        after: Optional[str] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentPage:
        """List agents, the newest first.

        Args:
            search: Text in the name, description or tags.
            page: The page, from 1.
            page_size: How many a page has.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.AgentPage,
            Request(
                "GET",
                "/api/agent-builder/agents",
                query={
                    "search": search,
                    "page": page,
                    "page_size": page_size,
                    "after": after,
                    "sort_by": sort_by,
                    "sort_order": sort_order,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        search: Optional[str] = None,
        page_size: Optional[int] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.AgentView]:
        """Go through all that `list` lists, page by page."""
        page: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                search=search,
                page=page,
                page_size=page_size,
                after=after,
                sort_by=sort_by,
                sort_order=sort_order,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.agents:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.agents)
            if not answer.agents or seen >= answer.total:
                return
            page = (page or 1) + 1

    def create(
        self,
        name: str,
        *,
        description: Union[str, Unset] = UNSET,
        llm_provider: Union[str, Unset] = UNSET,
        llm_model: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        connection: Union[str, Unset] = UNSET,
        system_prompt: Union[str, Unset] = UNSET,
        temperature: Union[float, Unset] = UNSET,
        max_tokens: Union[int, Unset] = UNSET,
        tools: Union[Sequence[Union[str, Mapping[str, Any]]], Unset] = UNSET,
        output_schema: Union[Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentView:
        """Store an agent.

        Args:
            llm_provider: Empty: the server's default model.
            credential: Name of a credential with the key for its model. Empty: the server's
                key.
            connection: Name of a connection to ask its model by. Empty: the server's own.
            tools: Its tools from `GET /tools`: names, or objects with `name` and settings.
            output_schema: JSON Schema of the answer. Null: text.
        """
        return self._transport.model(
            models.AgentView,
            Request(
                "POST",
                "/api/agent-builder/agents",
                body={
                    "name": name,
                    "description": description,
                    "llm_provider": llm_provider,
                    "llm_model": llm_model,
                    "credential": credential,
                    "connection": connection,
                    "system_prompt": system_prompt,
                    "temperature": temperature,
                    "max_tokens": max_tokens,
                    "tools": tools,
                    "output_schema": output_schema,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        agent_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentView:
        """Return an agent."""
        return self._transport.model(
            models.AgentView,
            Request(
                "GET",
                f"/api/agent-builder/agents/{segment(agent_id, 'agent_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        agent_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        llm_provider: Union[str, Unset] = UNSET,
        llm_model: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        connection: Union[str, Unset] = UNSET,
        system_prompt: Union[str, Unset] = UNSET,
        temperature: Union[float, Unset] = UNSET,
        max_tokens: Union[int, Unset] = UNSET,
        tools: Union[Sequence[Union[str, Mapping[str, Any]]], Unset] = UNSET,
        output_schema: Union[Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentView:
        """Update an agent. Missing fields stay unchanged."""
        return self._transport.model(
            models.AgentView,
            Request(
                "PUT",
                f"/api/agent-builder/agents/{segment(agent_id, 'agent_id')}",
                body={
                    "name": name,
                    "description": description,
                    "llm_provider": llm_provider,
                    "llm_model": llm_model,
                    "credential": credential,
                    "connection": connection,
                    "system_prompt": system_prompt,
                    "temperature": temperature,
                    "max_tokens": max_tokens,
                    "tools": tools,
                    "output_schema": output_schema,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        agent_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete an agent."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/agents/{segment(agent_id, 'agent_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Audit:
    """Audit."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawAudit:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawAudit

        return RawAudit(self._transport)

    def list(
        self,
        *,
        actor: Optional[str] = None,
        action: Optional[str] = None,
        target: Optional[str] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AuditLog:
        """List audit entries, newest first.

        Args:
            actor: Id or name of who did it.
            action: What was done.
            target: Id of what it was done to.
            from_: The first time that is taken.
            to: The first time that is taken no more.
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.AuditLog,
            Request(
                "GET",
                "/api/agent-builder/audit",
                query={
                    "actor": actor,
                    "action": action,
                    "target": target,
                    "from": from_,
                    "to": to,
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        actor: Optional[str] = None,
        action: Optional[str] = None,
        target: Optional[str] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.AuditEntry]:
        """Go through all that `list` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                actor=actor,
                action=action,
                target=target,
                from_=from_,
                to=to,
                limit=limit,
                offset=offset,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.entries:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.entries)
            if not answer.entries or seen >= answer.total:
                return
            offset = seen


class Chatflows:
    """Chatflows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawChatflows:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawChatflows

        return RawChatflows(self._transport)

    def check_connection(
        self,
        provider: str,
        *,
        model: Union[str, Unset] = UNSET,
        api_key: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ConnectionFound:
        """Check that a provider is reachable at the operator's URL and has a model.

        No model is asked anything, so it costs nothing.

        Args:
            model: Empty: any.
            api_key: API key to try instead of the operator's. It is never stored, logged or
                shown.
        """
        return self._transport.model(
            models.ConnectionFound,
            Request(
                "POST",
                "/api/agent-builder/ai-agent-chat/check-connection",
                body={
                    "provider": provider,
                    "model": model,
                    "api_key": api_key,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_agent_session(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Cleared:
        """Delete a session with its runs and their events. Active runs are cancelled first."""
        return self._transport.model(
            models.Cleared,
            Request(
                "DELETE",
                f"/api/agent-builder/ai-agent-chat/sessions/{segment(session_id, 'session_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_agent_session(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AgentHistoryPage:
        """Return the messages of a session, oldest first."""
        return self._transport.model(
            models.AgentHistoryPage,
            Request(
                "GET",
                f"/api/agent-builder/ai-agent-chat/sessions/{segment(session_id, 'session_id')}/history",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_messages(
        self,
        workflow_id: Id,
        session_id: str,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TriggerHistoryPage:
        """Return the messages of a session, oldest first.

        Args:
            session_id: The session with this chatflow.
        """
        return self._transport.model(
            models.TriggerHistoryPage,
            Request(
                "GET",
                f"/api/agent-builder/chat/{segment(workflow_id, 'workflow_id')}/history",
                query={
                    "session_id": session_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def send_message(
        self,
        workflow_id: Id,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        metadata: Union[Mapping[str, Any], Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.TriggerAnswer:
        """Send a message to a stored chatflow. The flow can read its `metadata`.

        Args:
            session_id: The session to continue, or a name for a new one. Null: a new session.
            metadata: The flow reads it as `variables.metadata`. The response returns it.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.TriggerAnswer,
            Request(
                "POST",
                f"/api/agent-builder/chat/{segment(workflow_id, 'workflow_id')}/message",
                body={
                    "message": message,
                    "session_id": session_id,
                    "metadata": metadata,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def chat(
        self,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        workflow_id: Union[str, None, Unset] = UNSET,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        edits: Union[str, None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ChatAnswer:
        """Send a chat message and return the answer.

        The run belongs to the server: it goes on when the client leaves. A run that fails is an
        answer with `success: false` and a sentence in `error`; the HTTP status speaks of the
        request alone.

        Args:
            session_id: The session to continue, or a name for a new one: 1 to 255 printable
                characters. Null: a new session.
            workflow_id: A stored chatflow. Its settings win over `config`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            edits: Id of an earlier message of the user in this session. The new message becomes
                an alternative to it, and the session continues from there.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ChatAnswer,
            Request(
                "POST",
                "/api/agent-builder/chatflow/chat",
                body={
                    "message": message,
                    "session_id": session_id,
                    "workflow_id": workflow_id,
                    "config": config,
                    "limits": limits,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                    "edits": edits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def chat_event_source(
        self,
        message: str,
        *,
        session_id: Optional[str] = None,
        workflow_id: Optional[str] = None,
        config: Optional[str] = None,
        inputs: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ChatEvent]:
        """The same for EventSource in browsers. A ticket can be in `?token=`.

        An EventSource reconnects by itself. It then sends `Last-Event-ID` and goes on with its
        run; and as long as the end of a run has not been delivered, the same address leads to
        it and never starts a second one.

        Args:
            message: The user's message.
            session_id: The session to go on with, or a name for a new one.
            workflow_id: A stored chatflow that answers.
            config: The `config` of a chat, as JSON.
            inputs: The `inputs` of a chat, as JSON: those that the flow declares.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ChatEvent] = EventStream(
            self._transport,
            models.ChatEvent,
            Request(
                "GET",
                "/api/agent-builder/chatflow/chat/stream",
                query={
                    "message": message,
                    "session_id": session_id,
                    "workflow_id": workflow_id,
                    "config": config,
                    "inputs": inputs,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def chat_stream(
        self,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        workflow_id: Union[str, None, Unset] = UNSET,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        edits: Union[str, None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ChatEvent]:
        """Send a chat message and stream the answer as Server-Sent Events.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on
        with its run.

        Args:
            session_id: The session to continue, or a name for a new one: 1 to 255 printable
                characters. Null: a new session.
            workflow_id: A stored chatflow. Its settings win over `config`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            edits: Id of an earlier message of the user in this session. The new message becomes
                an alternative to it, and the session continues from there.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ChatEvent] = EventStream(
            self._transport,
            models.ChatEvent,
            Request(
                "POST",
                "/api/agent-builder/chatflow/chat/stream",
                body={
                    "message": message,
                    "session_id": session_id,
                    "workflow_id": workflow_id,
                    "config": config,
                    "limits": limits,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                    "edits": edits,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def chat_with_flow(
        self,
        workflow_id: Id,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        edits: Union[str, None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ChatAnswer:
        """Send a message to a stored chatflow and return the answer.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            session_id: The session to continue, or a name for a new one: 1 to 255 printable
                characters. Null: a new session.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            edits: Id of an earlier message of the user in this session. The new message becomes
                an alternative to it, and the session continues from there.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ChatAnswer,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/workflows/{segment(workflow_id, 'workflow_id')}/chat",
                query={
                    "version": version,
                },
                body={
                    "message": message,
                    "session_id": session_id,
                    "config": config,
                    "limits": limits,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                    "edits": edits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def chat_with_flow_event_source(
        self,
        workflow_id: Id,
        message: str,
        *,
        session_id: Optional[str] = None,
        config: Optional[str] = None,
        inputs: Optional[str] = None,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ChatEvent]:
        """The same for EventSource in browsers.

        Args:
            message: The user's message.
            session_id: The session to go on with, or a name for a new one.
            config: The `config` of a chat, as JSON.
            inputs: The `inputs` of a chat, as JSON: those that the flow declares.
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ChatEvent] = EventStream(
            self._transport,
            models.ChatEvent,
            Request(
                "GET",
                f"/api/agent-builder/chatflow/workflows/{segment(workflow_id, 'workflow_id')}/chat/stream",
                query={
                    "message": message,
                    "session_id": session_id,
                    "config": config,
                    "inputs": inputs,
                    "version": version,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def chat_with_flow_stream(
        self,
        workflow_id: Id,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        edits: Union[str, None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ChatEvent]:
        """Send a message to a stored chatflow and stream the answer as Server-Sent Events.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            session_id: The session to continue, or a name for a new one: 1 to 255 printable
                characters. Null: a new session.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            edits: Id of an earlier message of the user in this session. The new message becomes
                an alternative to it, and the session continues from there.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ChatEvent] = EventStream(
            self._transport,
            models.ChatEvent,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/workflows/{segment(workflow_id, 'workflow_id')}/chat/stream",
                query={
                    "version": version,
                },
                body={
                    "message": message,
                    "session_id": session_id,
                    "config": config,
                    "limits": limits,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                    "edits": edits,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def list(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page: Optional[int] = None,
        page_size: Optional[int] = None,
        after: Optional[str] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowPage:
        """List chatflows, the newest first.

        Args:
            search: Text in the name, description or tags.
            tags: Tags, separated by commas: all must be there.
            category: The category.
            is_active: Only flows that are switched on, or off.
            page: The page, from 1.
            page_size: How many a page has.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.FlowPage,
            Request(
                "GET",
                "/api/agent-builder/chatflows",
                query={
                    "search": search,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "page": page,
                    "page_size": page_size,
                    "after": after,
                    "sort_by": sort_by,
                    "sort_order": sort_order,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page_size: Optional[int] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[Union[models.ChatflowView, models.AgentflowView]]:
        """Go through all that `list` lists, page by page."""
        page: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                search=search,
                tags=tags,
                category=category,
                is_active=is_active,
                page=page,
                page_size=page_size,
                after=after,
                sort_by=sort_by,
                sort_order=sort_order,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.flows:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.flows)
            if not answer.flows or seen >= answer.total:
                return
            page = (page or 1) + 1

    def create(
        self,
        name: str,
        *,
        slug: Union[str, None, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        chat_config: Union[models.ChatSettings, Mapping[str, Any], None, Unset] = UNSET,
        memory_config: Union[models.MemoryConfig, Mapping[str, Any], None, Unset] = UNSET,
        rag_config: Union[models.RagConfig, Mapping[str, Any], None, Unset] = UNSET,
        graph_definition: Union[models.GraphDefinition, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        tags: Union[Sequence[str], Unset] = UNSET,
        category: Union[str, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        is_public: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ChatflowView:
        """Store a chatflow.

        One that could not run is refused: `errors` has everything that is wrong with it, by
        node and place.

        Args:
            slug: Name in URLs and for other clients: lower-case letters, digits and hyphens. It
                is unique in the workspace. Null: it is made from the name.
            limits: Limits of its runs, if they differ from the server's settings.
            is_active: Whether it can run.
        """
        return self._transport.model(
            models.ChatflowView,
            Request(
                "POST",
                "/api/agent-builder/chatflows",
                body={
                    "name": name,
                    "slug": slug,
                    "description": description,
                    "chat_config": chat_config,
                    "memory_config": memory_config,
                    "rag_config": rag_config,
                    "graph_definition": graph_definition,
                    "limits": limits,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "is_public": is_public,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ChatflowView:
        """Return a chatflow."""
        return self._transport.model(
            models.ChatflowView,
            Request(
                "GET",
                f"/api/agent-builder/chatflows/{segment(flow_id, 'flow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        flow_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        slug: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        chat_config: Union[models.ChatSettings, Mapping[str, Any], None, Unset] = UNSET,
        memory_config: Union[models.MemoryConfig, Mapping[str, Any], None, Unset] = UNSET,
        rag_config: Union[models.RagConfig, Mapping[str, Any], None, Unset] = UNSET,
        graph_definition: Union[models.GraphDefinition, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        tags: Union[Sequence[str], Unset] = UNSET,
        category: Union[str, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        is_public: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ChatflowView:
        """Update a chatflow. Missing fields stay unchanged, and active runs keep their version.

        Args:
            slug: The old slug still leads to the flow.
        """
        return self._transport.model(
            models.ChatflowView,
            Request(
                "PUT",
                f"/api/agent-builder/chatflows/{segment(flow_id, 'flow_id')}",
                body={
                    "name": name,
                    "slug": slug,
                    "description": description,
                    "chat_config": chat_config,
                    "memory_config": memory_config,
                    "rag_config": rag_config,
                    "graph_definition": graph_definition,
                    "limits": limits,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "is_public": is_public,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a chatflow. Its sessions and executions stay readable."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/chatflows/{segment(flow_id, 'flow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def validate(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Checked:
        """Validate a chatflow without running it."""
        return self._transport.model(
            models.Checked,
            Request(
                "GET",
                f"/api/agent-builder/chatflows/{segment(flow_id, 'flow_id')}/validate",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class CostTracking:
    """Cost tracking."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawCostTracking:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawCostTracking

        return RawCostTracking(self._transport)

    def list_budgets(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.BudgetList:
        """List budgets with their current amounts, newest first."""
        return self._transport.model(
            models.BudgetList,
            Request(
                "GET",
                "/api/agent-builder/budgets",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create_budget(
        self,
        name: str,
        period: Literal["day", "month"],
        amount: float,
        *,
        scope: Union[Literal["flow", "key", "user", "workspace"], Unset] = UNSET,
        scope_id: Union[Id, Unset] = UNSET,
        unit: Union[Literal["tokens", "usd"], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.BudgetView:
        """Create a budget. Earlier spending in the current period counts.

        Args:
            period: Calendar day or month, in UTC.
            amount: US dollars, or input and output tokens.
            scope_id: ID of the flow, API key or user. All keys of a user count together. Empty
                for a workspace.
        """
        return self._transport.model(
            models.BudgetView,
            Request(
                "POST",
                "/api/agent-builder/budgets",
                body={
                    "name": name,
                    "period": period,
                    "amount": amount,
                    "scope": scope,
                    "scope_id": scope_id,
                    "unit": unit,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_budget(
        self,
        budget_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.BudgetView:
        """Return a budget with its current amounts."""
        return self._transport.model(
            models.BudgetView,
            Request(
                "GET",
                f"/api/agent-builder/budgets/{segment(budget_id, 'budget_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_budget(
        self,
        budget_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        amount: Union[float, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.BudgetView:
        """Update the name or amount of a budget. Other processes use it within two seconds."""
        return self._transport.model(
            models.BudgetView,
            Request(
                "PUT",
                f"/api/agent-builder/budgets/{segment(budget_id, 'budget_id')}",
                body={
                    "name": name,
                    "amount": amount,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_budget(
        self,
        budget_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a budget."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/budgets/{segment(budget_id, 'budget_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def dashboard(
        self,
        *,
        days: Optional[int] = None,
        workflow_id: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CostDashboard:
        """Return costs by model and day, the last requests, and budgets.

        Args:
            days: How many days, today's included.
        """
        return self._transport.model(
            models.CostDashboard,
            Request(
                "GET",
                "/api/agent-builder/cost-tracking/dashboard",
                query={
                    "days": days,
                    "workflow_id": workflow_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def estimate(
        self,
        model: str,
        provider: str,
        *,
        input_tokens: Optional[int] = None,
        output_tokens: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Estimate:
        """Estimate the cost of a number of tokens."""
        return self._transport.model(
            models.Estimate,
            Request(
                "GET",
                "/api/agent-builder/cost-tracking/estimate",
                query={
                    "model": model,
                    "provider": provider,
                    "input_tokens": input_tokens,
                    "output_tokens": output_tokens,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_pricing(
        self,
        *,
        provider: Optional[str] = None,
        model: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.PriceList:
        """List current prices."""
        return self._transport.model(
            models.PriceList,
            Request(
                "GET",
                "/api/agent-builder/cost-tracking/pricing",
                query={
                    "provider": provider,
                    "model": model,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def set_pricing(
        self,
        provider: str,
        model: str,
        input_price_per_1k: float,
        output_price_per_1k: float,
        *,
        cached_input_price_per_1k: Union[float, None, Unset] = UNSET,
        cache_write_price_per_1k: Union[float, None, Unset] = UNSET,
        reasoning_price_per_1k: Union[float, None, Unset] = UNSET,
        currency: Union[Literal["USD"], Unset] = UNSET,
        valid_from: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.PriceView:
        """Set the price of a model. It wins over the price list, also over newer lists.

        Prices are the server's, and only its first workspace sets them.

        Args:
            model: `*` sets the price of all models of the provider without their own price.
            cached_input_price_per_1k: Null: the price of other input.
            cache_write_price_per_1k: Of input that the provider writes to its cache. Null: the
                price of other input.
            reasoning_price_per_1k: Null: the price of other output.
            valid_from: ISO 8601. Null: from now on. Recorded costs do not change.
        """
        return self._transport.model(
            models.PriceView,
            Request(
                "POST",
                "/api/agent-builder/cost-tracking/pricing",
                body={
                    "provider": provider,
                    "model": model,
                    "input_price_per_1k": input_price_per_1k,
                    "output_price_per_1k": output_price_per_1k,
                    "cached_input_price_per_1k": cached_input_price_per_1k,
                    "cache_write_price_per_1k": cache_write_price_per_1k,
                    "reasoning_price_per_1k": reasoning_price_per_1k,
                    "currency": currency,
                    "valid_from": valid_from,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def record(
        self,
        provider: str,
        model: str,
        input_tokens: int,
        output_tokens: int,
        *,
        cached_input_tokens: Union[int, Unset] = UNSET,
        reasoning_tokens: Union[int, Unset] = UNSET,
        workflow_id: Union[str, None, Unset] = UNSET,
        execution_id: Union[str, None, Unset] = UNSET,
        node_id: Union[Id, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CostRecord:
        """Record usage of a model from another system.

        Args:
            workflow_id: A flow of the workspace.
            execution_id: A run of the workspace.
        """
        return self._transport.model(
            models.CostRecord,
            Request(
                "POST",
                "/api/agent-builder/cost-tracking/record",
                body={
                    "provider": provider,
                    "model": model,
                    "input_tokens": input_tokens,
                    "output_tokens": output_tokens,
                    "cached_input_tokens": cached_input_tokens,
                    "reasoning_tokens": reasoning_tokens,
                    "workflow_id": workflow_id,
                    "execution_id": execution_id,
                    "node_id": node_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Credentials:
    """Credentials."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawCredentials:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawCredentials

        return RawCredentials(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CredentialList:
        """List the credentials by name, without their secrets."""
        return self._transport.model(
            models.CredentialList,
            Request(
                "GET",
                "/api/agent-builder/credentials",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        name: str,
        kind: Literal["basic", "bearer", "header", "provider_key", "query"],
        hosts: Sequence[str],
        secret: str,
        *,
        field: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CredentialView:
        """Store a credential, encrypted.

        Args:
            name: The name that flows use. Unique in the workspace.
            kind: `bearer`, `header`, `basic` or `query` for requests, `provider_key` for
                models.
            hosts: Hosts that may receive it: `api.example.com` over https, or `host:port`.
            secret: 8 to 8,192 characters. It is never returned.
            field: Name of the header or query parameter, or the user name of `basic`.
        """
        return self._transport.model(
            models.CredentialView,
            Request(
                "POST",
                "/api/agent-builder/credentials",
                body={
                    "name": name,
                    "kind": kind,
                    "hosts": hosts,
                    "secret": secret,
                    "field": field,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        credential_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CredentialView:
        """Return a credential without its secret."""
        return self._transport.model(
            models.CredentialView,
            Request(
                "GET",
                f"/api/agent-builder/credentials/{segment(credential_id, 'credential_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        credential_id: Id,
        *,
        hosts: Union[Sequence[str], Unset] = UNSET,
        secret: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CredentialView:
        """Update the secret or hosts of a credential. Active runs use it from their next request.

        Args:
            hosts: To change the hosts, send the `secret` in the same request. This protects a
                stored secret.
        """
        return self._transport.model(
            models.CredentialView,
            Request(
                "PUT",
                f"/api/agent-builder/credentials/{segment(credential_id, 'credential_id')}",
                body={
                    "hosts": hosts,
                    "secret": secret,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        credential_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a credential. Flows that use it fail until a new one has its name.

        Tokens of OAuth are revoked at the authorization server, where it offers that.
        """
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/credentials/{segment(credential_id, 'credential_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def begin_authorization(
        self,
        client: str,
        name: str,
        *,
        scopes: Union[Sequence[str], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.AuthorizationView:
        """Begin an authorization. You must finish it yourself within 10 minutes.

        Args:
            client: Name of an OAuth client, from `GET /oauth/clients`.
            name: Name of the credential. One of this client gets the new tokens.
            scopes: Scopes to request. Empty: all scopes of the client.
        """
        return self._transport.model(
            models.AuthorizationView,
            Request(
                "POST",
                "/api/agent-builder/oauth/authorizations",
                body={
                    "client": client,
                    "name": name,
                    "scopes": scopes,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def finish_authorization(
        self,
        state: str,
        *,
        code: Union[str, Unset] = UNSET,
        error: Union[str, Unset] = UNSET,
        iss: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.CredentialView:
        """Finish an authorization that you began, with the parameters of the callback URL."""
        return self._transport.model(
            models.CredentialView,
            Request(
                "POST",
                "/api/agent-builder/oauth/authorizations/finish",
                body={
                    "state": state,
                    "code": code,
                    "error": error,
                    "iss": iss,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_o_auth_clients(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.OAuthClientList:
        """List the OAuth clients that the operator has registered."""
        return self._transport.model(
            models.OAuthClientList,
            Request(
                "GET",
                "/api/agent-builder/oauth/clients",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Embeds:
    """Embeds."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawEmbeds:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawEmbeds

        return RawEmbeds(self._transport)

    def put(
        self,
        chatflow_id: Id,
        *,
        theme: Union[Literal["auto", "dark", "light"], Unset] = UNSET,
        primary_color: Union[str, Unset] = UNSET,
        position: Union[Literal["bottom-left", "bottom-right", "top-left", "top-right"], Unset] = UNSET,
        widget_title: Union[str, None, Unset] = UNSET,
        welcome_message: Union[str, None, Unset] = UNSET,
        placeholder_text: Union[str, Unset] = UNSET,
        show_branding: Union[bool, Unset] = UNSET,
        custom_css: Union[str, None, Unset] = UNSET,
        allowed_domains: Union[Sequence[str], Unset] = UNSET,
        version: Union[str, None, Unset] = UNSET,
        rate_limit_per_ip: Union[int, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.EmbedView:
        """Create or update the embed of a chatflow.

        A chatflow has one embed. Its token stays when it is changed.

        Args:
            theme: `auto` follows the visitor's system.
            widget_title: Null: a default text in the visitor's language.
            welcome_message: Null: the chatflow's own, or none.
            placeholder_text: Placeholder of the input field. Empty: a default text in the
                visitor's language.
            custom_css: CSS rules for the chat. Unsupported rules are removed and listed in
                `warnings`.
            allowed_domains: Origins of websites that may show the chat, with scheme, or `*`.
                Empty: only its own page.
            version: Version of the chatflow that answers: a label such as `production`, or a
                number. Null: the current one.
            rate_limit_per_ip: Maximum number of messages per hour from one IP address.
            is_active: Whether visitors can chat.
        """
        return self._transport.model(
            models.EmbedView,
            Request(
                "POST",
                "/api/agent-builder/embed",
                body={
                    "chatflow_id": chatflow_id,
                    "theme": theme,
                    "primary_color": primary_color,
                    "position": position,
                    "widget_title": widget_title,
                    "welcome_message": welcome_message,
                    "placeholder_text": placeholder_text,
                    "show_branding": show_branding,
                    "custom_css": custom_css,
                    "allowed_domains": allowed_domains,
                    "version": version,
                    "rate_limit_per_ip": rate_limit_per_ip,
                    "is_active": is_active,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_widget_module(
        self,
        name: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Return a file of the embedded chat."""
        return self._transport.text(
            Request(
                "GET",
                f"/api/agent-builder/embed/assets/{segment(name, 'name')}",
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def visitor_cancel(
        self,
        embed_token: Id,
        execution_id: Id,
        *,
        visitor_session: str,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.RunStatus:
        """Cancel a run of the visitor.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.model(
            models.RunStatus,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/cancel",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                body={
                    "execution_id": execution_id,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def visitor_chat(
        self,
        embed_token: Id,
        message: str,
        *,
        visitor_session: str,
        session_id: Union[str, None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        origin: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.VisitorAnswer:
        """Send a visitor's message and return the answer.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
            session_id: The `session_id` of an earlier response, to continue its conversation.
                Other names start separate conversations for each visitor.
            files: Files of the message, if `uploads` of the public configuration allows them.
            inputs: Inputs by name, if the public configuration lists them. A file is an object
                with `name` and `data`.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.VisitorAnswer,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/chat",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                body={
                    "message": message,
                    "session_id": session_id,
                    "files": files,
                    "inputs": inputs,
                },
                open=True,
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def visitor_chat_resume(
        self,
        embed_token: Id,
        execution_id: str,
        *,
        visitor_session: str,
        origin: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.VisitorEvent]:
        """Stream a run of the visitor from its first event, or after `Last-Event-ID`.

        Args:
            execution_id: A run of the visitor's own.
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.VisitorEvent] = EventStream(
            self._transport,
            models.VisitorEvent,
            Request(
                "GET",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/chat/stream",
                query={
                    "execution_id": execution_id,
                },
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                open=True,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def visitor_chat_stream(
        self,
        embed_token: Id,
        message: str,
        *,
        visitor_session: str,
        session_id: Union[str, None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        origin: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.VisitorEvent]:
        """Send a visitor's message and stream the answer as Server-Sent Events.

        A repeated request with the same `Idempotency-Key` goes on with its run, after
        `Last-Event-ID` where it has one.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
            session_id: The `session_id` of an earlier response, to continue its conversation.
                Other names start separate conversations for each visitor.
            files: Files of the message, if `uploads` of the public configuration allows them.
            inputs: Inputs by name, if the public configuration lists them. A file is an object
                with `name` and `data`.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.VisitorEvent] = EventStream(
            self._transport,
            models.VisitorEvent,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/chat/stream",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                body={
                    "message": message,
                    "session_id": session_id,
                    "files": files,
                    "inputs": inputs,
                },
                open=True,
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def visitor_config(
        self,
        embed_token: Id,
        *,
        locale: Optional[str] = None,
        visitor_session: Optional[str] = None,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.PublicConfig:
        """Return the appearance of the chat in the visitor's language.

        Args:
            locale: Languages in order, as browsers name them.
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.model(
            models.PublicConfig,
            Request(
                "GET",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/config",
                query={
                    "locale": locale,
                },
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def visitor_feedback(
        self,
        embed_token: Id,
        execution_id: Id,
        rating: Literal["down", "up"],
        *,
        visitor_session: str,
        comment: Union[str, Unset] = UNSET,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VisitorOpinion:
        """Store a visitor's rating of an answer.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.model(
            models.VisitorOpinion,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/feedback",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                body={
                    "execution_id": execution_id,
                    "rating": rating,
                    "comment": comment,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def visitor_file(
        self,
        embed_token: Id,
        file_id: Id,
        *,
        visitor_session: str,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Download a file of the visitor's conversation.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/files/{segment(file_id, 'file_id')}",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def visitor_history(
        self,
        embed_token: Id,
        *,
        visitor_session: str,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VisitorHistory:
        """Return the visitor's conversation.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.model(
            models.VisitorHistory,
            Request(
                "GET",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/history",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def visitor_respond(
        self,
        embed_token: Id,
        execution_id: Id,
        input_id: Id,
        action: str,
        *,
        visitor_session: str,
        value: Union[Any, Unset] = UNSET,
        comment: Union[str, Unset] = UNSET,
        origin: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.RunStatus:
        """Answer a question of a run to the visitor.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
            action: One of the request's `actions`.
            value: The edited or submitted value. It must match the request's `schema`.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.RunStatus,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/respond",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                body={
                    "execution_id": execution_id,
                    "input_id": input_id,
                    "action": action,
                    "value": value,
                    "comment": comment,
                },
                open=True,
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def begin_visitor_session(
        self,
        embed_token: Id,
        *,
        visitor_session: Optional[str] = None,
        origin: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionGiven:
        """Start a session, or extend the one in the header.

        Args:
            visitor_session: The visitor's session, as the last answer had it in this header.
            origin: The origin of the page that shows the chat, one of its `allowed_domains`.
                Browsers send it by themselves; another client that does not name it is refused.
        """
        return self._transport.model(
            models.SessionGiven,
            Request(
                "POST",
                f"/api/agent-builder/embed/public/{segment(embed_token, 'embed_token')}/session",
                named={
                    "X-Visitor-Session": visitor_session,
                    "Origin": origin,
                },
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_widget_script(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Return the script of the embed tag.

        It reads `data-token`, and `data-mode`, `data-theme`, `data-position` and `data-locale`
        where they are given.
        """
        return self._transport.text(
            Request(
                "GET",
                "/api/agent-builder/embed/widget.js",
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def get_page(
        self,
        embed_token: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Return the chat as a page. Only allowed websites can show it in a frame."""
        return self._transport.text(
            Request(
                "GET",
                f"/api/agent-builder/embed/widget/{segment(embed_token, 'embed_token')}",
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def get(
        self,
        chatflow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.EmbedView:
        """Return a chatflow's embed."""
        return self._transport.model(
            models.EmbedView,
            Request(
                "GET",
                f"/api/agent-builder/embed/{segment(chatflow_id, 'chatflow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        chatflow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.EmbedDeleted:
        """Delete an embed. Its token stops working and open streams end."""
        return self._transport.model(
            models.EmbedDeleted,
            Request(
                "DELETE",
                f"/api/agent-builder/embed/{segment(chatflow_id, 'chatflow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_feedback(
        self,
        chatflow_id: Id,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FeedbackPage:
        """List visitors' ratings of a chatflow's answers, newest first.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.FeedbackPage,
            Request(
                "GET",
                f"/api/agent-builder/embed/{segment(chatflow_id, 'chatflow_id')}/feedback",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_feedback(
        self,
        chatflow_id: Id,
        *,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.FeedbackView]:
        """Go through all that `list_feedback` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list_feedback(
                chatflow_id,
                limit=limit,
                offset=offset,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.feedback:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.feedback)
            if not answer.feedback or seen >= answer.total:
                return
            offset = seen

    def regenerate_token(
        self,
        chatflow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.EmbedView:
        """Replace the token of an embed. The old one stops working and its sessions end."""
        return self._transport.model(
            models.EmbedView,
            Request(
                "POST",
                f"/api/agent-builder/embed/{segment(chatflow_id, 'chatflow_id')}/regenerate-token",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Executions:
    """Executions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawExecutions:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawExecutions

        return RawExecutions(self._transport)

    def list(
        self,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        flow_id: Optional[str] = None,
        session_id: Optional[str] = None,
        schedule_id: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ExecutionPage:
        """List runs, newest first, without inputs and outputs.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
            status: Only those of this status.
            from_: Only those accepted then or later: a date or time, ISO 8601.
            to: Only those accepted before then: a date or time.
            flow_id: Only those of this flow.
            session_id: Only those of this session.
            schedule_id: Only those of this schedule.
        """
        return self._transport.model(
            models.ExecutionPage,
            Request(
                "GET",
                "/api/agent-builder/executions",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                    "status": status,
                    "from": from_,
                    "to": to,
                    "flow_id": flow_id,
                    "session_id": session_id,
                    "schedule_id": schedule_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        flow_id: Optional[str] = None,
        session_id: Optional[str] = None,
        schedule_id: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.ExecutionSummary]:
        """Go through all that `list` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                limit=limit,
                offset=offset,
                after=after,
                status=status,
                from_=from_,
                to=to,
                flow_id=flow_id,
                session_id=session_id,
                schedule_id=schedule_id,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.executions:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.executions)
            if not answer.executions or seen >= answer.total:
                return
            offset = seen

    def compare(
        self,
        a: str,
        b: str,
        *,
        prompts: Optional[bool] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Comparison:
        """Compare two runs node by node: output, path, tokens, cost, time and prompt.

        With `prompts` both runs are replayed. Prompts are parts of the flow: they need
        `flows:read`.

        Args:
            a: ID of the first run.
            b: ID of the second run.
            prompts: true: show what models were asked, and the differences.
        """
        return self._transport.model(
            models.Comparison,
            Request(
                "GET",
                "/api/agent-builder/executions/compare",
                query={
                    "a": a,
                    "b": b,
                    "prompts": prompts,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def stats(
        self,
        *,
        days: Optional[int] = None,
        flow_id: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ExecutionStatistics:
        """Return statistics of runs: results, durations and usage, also for each flow.

        Args:
            days: Days (UTC), today included.
            flow_id: Of this flow alone.
        """
        return self._transport.model(
            models.ExecutionStatistics,
            Request(
                "GET",
                "/api/agent-builder/executions/stats",
                query={
                    "days": days,
                    "flow_id": flow_id,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionDetails:
        """Return a run with its nodes."""
        return self._transport.model(
            models.ExecutionDetails,
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def wait(
        self,
        execution_id: Id,
        *,
        timeout: Optional[float] = None,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionDetails:
        """Ask again and again until its status is one of cancelled, completed, failed, timeout,
        waiting_approval.

        Args:
            timeout: Seconds after which `WaitTimeoutError` is raised; None for as long as it
                takes.
            raise_on_failure: Whether a run that failed is an exception; where it is left out,
                as the client says.
        """
        began = time.monotonic()
        seconds = 0.1
        while True:
            found = self.get(execution_id, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure)
            if found.status in ("cancelled", "completed", "failed", "timeout", "waiting_approval"):
                return found
            if timeout is not None and time.monotonic() - began + seconds > timeout:
                raise WaitTimeoutError(f"It is still '{found.status}' after {timeout} seconds.")
            time.sleep(seconds)
            seconds = min(seconds * 1.5, 2.0)

    def cancel(
        self,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ExecutionView:
        """Cancel a run. Its usage is recorded and its session is free.

        Answers with the execution as it then stands: `cancelled`, or as it ended before. 202 if
        another process runs it and is still at it.
        """
        return self._transport.model(
            models.ExecutionView,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/cancel",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def follow(
        self,
        execution_id: Id,
        *,
        after: Optional[str] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.Event]:
        """Stream the events of a run, from the first one or after a number.

        Args:
            after: Begin after this event, as Last-Event-ID does.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.Event] = EventStream(
            self._transport,
            models.Event,
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/events",
                query={
                    "after": after,
                },
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("run.cancelled", "run.completed", "run.failed"),
            after=last_event_id,
        )
        return stream

    def rate(
        self,
        execution_id: Id,
        rating: Literal["down", "up"],
        *,
        comment: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FeedbackView:
        """Rate the answer of a run, with a comment. It replaces the rating that the run had."""
        return self._transport.model(
            models.FeedbackView,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/feedback",
                body={
                    "rating": rating,
                    "comment": comment,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def fork(
        self,
        execution_id: Id,
        node: str,
        *,
        path: Union[str, Unset] = UNSET,
        occurrence: Union[int, Unset] = UNSET,
        input: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        state: Union[models.ForkState, Mapping[str, Any], Unset] = UNSET,
        flow_version: Union[int, str, None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ContinuedExecution:
        """Run an ended run again from a node on, as a new run; what came before the node is
        reused.

        A tool that must not be repeated, and that the repeated part used, asks a person first.

        Args:
            node: ID of the node from which on the run is repeated.
            path: Containers and sub-flows around the node, with their passes: `each[3]`. Empty:
                the flow itself.
            occurrence: Which run of the node, from 1: a node in a loop runs several times.
            input: Fields of the run's input that have other values.
            variables: Variables that have other values from the node on.
            flow_version: Version to run: a number, a label, `draft` or `current`. Null: that of
                the run.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ContinuedExecution,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/fork",
                body={
                    "node": node,
                    "path": path,
                    "occurrence": occurrence,
                    "input": input,
                    "variables": variables,
                    "state": state,
                    "flow_version": flow_version,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def draw(
        self,
        execution_id: Id,
        *,
        format: Optional[Literal["dot", "json", "mermaid", "png", "react-flow", "svg"]] = None,
        expand: Optional[bool] = None,
        layout: Optional[Literal["auto", "compact", "down", "right"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Draw an execution on its flow, as far as it has come: the way it took, state, time,
        tokens and cost.

        of each node, and why one failed.

        Args:
            format: What to draw it as.
            expand: true: sub-flows are drawn out in their places.
            layout: down, right (from left to right), compact, or auto: right for a wide flow,
                compact for a long one.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/graph",
                query={
                    "format": format,
                    "expand": expand,
                    "layout": layout,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def list_inputs(
        self,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.InputList:
        """List the approval requests of a run."""
        return self._transport.model(
            models.InputList,
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/inputs",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def lineage(
        self,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Lineage:
        """Return the runs that a run comes from, and all that come from those."""
        return self._transport.model(
            models.Lineage,
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/lineage",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def logs(
        self,
        execution_id: Id,
        *,
        level: Optional[Literal["debug", "error", "info", "warning"]] = None,
        format: Optional[Literal["json", "text"]] = None,
        after: Optional[int] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Return the events of a run as text lines.

        Args:
            level: The least level of a line.
            format: Lines as objects, or as plain text.
            after: Begin after the line of this event.
            limit: Lines at most.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/logs",
                query={
                    "level": level,
                    "format": format,
                    "after": after,
                    "limit": limit,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def replay(
        self,
        execution_id: Id,
        *,
        flow_version: Union[int, str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ReplayReport:
        """Run a run again in memory with the recorded answers of models and tools, and compare.

        Nothing is sent and nothing is stored. With `flow_version` it shows the first call that
        another version makes differently.

        Args:
            flow_version: Version to replay: a number, a label, `draft` or `current`. Null: that
                of the run.
        """
        return self._transport.model(
            models.ReplayReport,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/replay",
                body={
                    "flow_version": flow_version,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def respond(
        self,
        execution_id: Id,
        action: str,
        *,
        input_id: Union[str, None, Unset] = UNSET,
        value: Union[Any, Unset] = UNSET,
        comment: Union[str, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.InputAnswered:
        """Answer an approval request. The run resumes immediately.

        Of several answers exactly one is taken. The others get 409, with the answer that was.
        An answer that comes before the run has asked gets 409 `not_asked_yet`: send it again.

        Args:
            action: One of the request's `actions`.
            input_id: The approval request. Optional if the run has only one open.
            value: The edited or submitted value. It must match the request's `schema`.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.InputAnswered,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/respond",
                body={
                    "action": action,
                    "input_id": input_id,
                    "value": value,
                    "comment": comment,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def resume(
        self,
        execution_id: Id,
        *,
        flow_version: Union[int, str, None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ContinuedExecution:
        """Continue a run that failed, timed out or was cancelled, as a new run of the same
        session.

        What the run completed is reused: no model and no tool is called for it again. The
        failed run stays as it is. With `flow_version` the rest runs by another version of the
        flow.

        Args:
            flow_version: Version to continue with: a number, a label, `draft` or `current`.
                Null: that of the run.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ContinuedExecution,
            Request(
                "POST",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/resume",
                body={
                    "flow_version": flow_version,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def state(
        self,
        execution_id: Id,
        *,
        node: Optional[str] = None,
        path: Optional[str] = None,
        occurrence: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.RunState:
        """Return the state of a run as one of its nodes saw it, for as long as the journal is
        kept.

        Args:
            node: Node ID. Default: the node that failed, or the last one.
            path: Containers and sub-flows around it: `each[3]`.
            occurrence: Which run of the node, from 1.
        """
        return self._transport.model(
            models.RunState,
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/state",
                query={
                    "node": node,
                    "path": path,
                    "occurrence": occurrence,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def stream(
        self,
        execution_id: Id,
        *,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[Union[models.ChatEvent, models.ExecutionEvent]]:
        """Stream a run, live or replayed, in the format of chats or agentflows.

        Args:
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[Union[models.ChatEvent, models.ExecutionEvent]] = EventStream(
            self._transport,
            Union[models.ChatEvent, models.ExecutionEvent],
            Request(
                "GET",
                f"/api/agent-builder/executions/{segment(execution_id, 'execution_id')}/stream",
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error", "complete", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def feedback(
        self,
        *,
        flow_id: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FeedbackPage:
        """List ratings of runs, newest first, with the number of each rating.

        Args:
            flow_id: Only of runs of this flow.
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.FeedbackPage,
            Request(
                "GET",
                "/api/agent-builder/feedback",
                query={
                    "flow_id": flow_id,
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_feedback(
        self,
        *,
        flow_id: Optional[str] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.FeedbackView]:
        """Go through all that `feedback` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.feedback(
                flow_id=flow_id,
                limit=limit,
                offset=offset,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.feedback:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.feedback)
            if not answer.feedback or seen >= answer.total:
                return
            offset = seen

    def list_open_inputs(
        self,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.InputPage:
        """List open approval requests, oldest first.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.InputPage,
            Request(
                "GET",
                "/api/agent-builder/inputs",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_open_inputs(
        self,
        *,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.InputView]:
        """Go through all that `list_open_inputs` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list_open_inputs(
                limit=limit,
                offset=offset,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.inputs:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.inputs)
            if not answer.inputs or seen >= answer.total:
                return
            offset = seen


class Flows:
    """Flows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawFlows:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawFlows

        return RawFlows(self._transport)

    def list(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page: Optional[int] = None,
        page_size: Optional[int] = None,
        after: Optional[str] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        flow_type: Optional[Literal["agentflow", "chatflow"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowPage:
        """List flows, the newest first.

        Args:
            search: Text in the name, description or tags.
            tags: Tags, separated by commas: all must be there.
            category: The category.
            is_active: Only flows that are switched on, or off.
            page: The page, from 1.
            page_size: How many a page has.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
            flow_type: Only flows of this kind.
        """
        return self._transport.model(
            models.FlowPage,
            Request(
                "GET",
                "/api/agent-builder/flows",
                query={
                    "search": search,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "page": page,
                    "page_size": page_size,
                    "after": after,
                    "sort_by": sort_by,
                    "sort_order": sort_order,
                    "flow_type": flow_type,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        search: Optional[str] = None,
        tags: Optional[str] = None,
        category: Optional[str] = None,
        is_active: Optional[bool] = None,
        page_size: Optional[int] = None,
        sort_by: Optional[Literal["created_at", "name", "updated_at"]] = None,
        sort_order: Optional[Literal["asc", "desc"]] = None,
        flow_type: Optional[Literal["agentflow", "chatflow"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[Union[models.ChatflowView, models.AgentflowView]]:
        """Go through all that `list` lists, page by page."""
        page: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                search=search,
                tags=tags,
                category=category,
                is_active=is_active,
                page=page,
                page_size=page_size,
                after=after,
                sort_by=sort_by,
                sort_order=sort_order,
                flow_type=flow_type,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.flows:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.flows)
            if not answer.flows or seen >= answer.total:
                return
            page = (page or 1) + 1

    def start_agentflow(
        self,
        flow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.AcceptedExecution:
        """Start an agentflow in the background.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.AcceptedExecution,
            Request(
                "POST",
                f"/api/agent-builder/flows/agentflows/{segment(flow_id, 'flow_id')}/execute",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def chat(
        self,
        flow_id: Id,
        message: str,
        *,
        session_id: Union[str, None, Unset] = UNSET,
        workflow_id: Union[str, None, Unset] = UNSET,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        files: Union[Sequence[Union[models.SentFile, Mapping[str, Any]]], Unset] = UNSET,
        inputs: Union[Mapping[str, Any], Unset] = UNSET,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        edits: Union[str, None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ChatAnswer:
        """Send a message to a stored chatflow and return the answer.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            session_id: The session to continue, or a name for a new one: 1 to 255 printable
                characters. Null: a new session.
            workflow_id: A stored chatflow. Its settings win over `config`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            files: Files of the message, if the chatflow's `uploads` accepts files.
            inputs: Inputs that the chatflow's start node declares, by name. A file is an object
                with `name` and `data`.
            variables: Values of variables that the chatflow's start node declares, by name.
            edits: Id of an earlier message of the user in this session. The new message becomes
                an alternative to it, and the session continues from there.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ChatAnswer,
            Request(
                "POST",
                f"/api/agent-builder/flows/chatflows/{segment(flow_id, 'flow_id')}/chat",
                query={
                    "version": version,
                },
                body={
                    "message": message,
                    "session_id": session_id,
                    "workflow_id": workflow_id,
                    "config": config,
                    "limits": limits,
                    "files": files,
                    "inputs": inputs,
                    "variables": variables,
                    "edits": edits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def import_file(
        self,
        file: File,
        *,
        dry_run: Optional[bool] = None,
        replace: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ImportReport:
        """Validate and store a flow file with its agents and sub-flows.

        A form with a `file`, or the content itself as JSON or YAML. What the workspace has
        under the same id is used as it is. Knowledge bases are found by name, and `warnings`
        names those that are missing. If something else is missing or wrong, nothing is stored,
        `imported` is false, and `errors` says what to do. Nothing is executed or fetched.

        Args:
            dry_run: true: check, and store nothing.
            replace: Id of the flow whose next version this becomes.
            file: JSON or YAML.
        """
        return self._transport.model(
            models.ImportReport,
            Request(
                "POST",
                "/api/agent-builder/flows/import",
                query={
                    "dry_run": dry_run,
                    "replace": replace,
                },
                form=form(
                    files={
                        "file": file,
                    },
                ),
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Union[models.ChatflowView, models.AgentflowView]:
        """Return a flow of any kind."""
        found: Union[models.ChatflowView, models.AgentflowView] = self._transport.value(
            Union[models.ChatflowView, models.AgentflowView],
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found

    def compare_versions(
        self,
        flow_id: Id,
        from_: str,
        *,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowDiff:
        """Return what changed between two versions of a flow, as data and as sentences.

        Args:
            from_: A number, a label, `draft` or `current`.
            to: A number, a label, `draft` or `current`.
        """
        return self._transport.model(
            models.FlowDiff,
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/diff",
                query={
                    "from": from_,
                    "to": to,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_draft(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DraftView:
        """Return the draft of a flow's next version, with all that is wrong or odd with it."""
        return self._transport.model(
            models.DraftView,
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/draft",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def put_draft(
        self,
        flow_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        slug: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        orchestration_type: Union[str, Unset] = UNSET,
        supervisor_config: Union[models.Supervisor, Mapping[str, Any], None, Unset] = UNSET,
        agents: Union[Sequence[Union[models.AttachedAgent, Mapping[str, Any]]], Unset] = UNSET,
        graph_definition: Union[models.GraphDefinition, Mapping[str, Any], None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        tags: Union[Sequence[str], Unset] = UNSET,
        category: Union[str, Unset] = UNSET,
        is_active: Union[bool, Unset] = UNSET,
        is_public: Union[bool, Unset] = UNSET,
        chat_config: Union[models.ChatSettings, Mapping[str, Any], None, Unset] = UNSET,
        memory_config: Union[models.MemoryConfig, Mapping[str, Any], None, Unset] = UNSET,
        rag_config: Union[models.RagConfig, Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DraftView:
        """Keep a draft of the flow's next version. It may be incomplete, and runs for nobody but
        its authors.

        The body has the fields of a flow; those that are missing stay as they are in the draft,
        or in the flow where there is no draft. `If-Match` takes the ETag of the draft: `"0"`
        where there is none.

        Args:
            slug: The old slug still leads to the flow.
            chat_config: Of a chatflow, like `memory_config` and `rag_config`.
        """
        return self._transport.model(
            models.DraftView,
            Request(
                "PUT",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/draft",
                body={
                    "name": name,
                    "slug": slug,
                    "description": description,
                    "orchestration_type": orchestration_type,
                    "supervisor_config": supervisor_config,
                    "agents": agents,
                    "graph_definition": graph_definition,
                    "limits": limits,
                    "tags": tags,
                    "category": category,
                    "is_active": is_active,
                    "is_public": is_public,
                    "chat_config": chat_config,
                    "memory_config": memory_config,
                    "rag_config": rag_config,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_draft(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DraftDeleted:
        """Throw the draft away. The flow stays as it is."""
        return self._transport.model(
            models.DraftDeleted,
            Request(
                "DELETE",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/draft",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def execute(
        self,
        flow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.AcceptedExecution:
        """Start a flow of any kind in the background.

        A chatflow takes the message as `input_data.message`, and `input_data.session_id` if it
        is to go on with a session.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.AcceptedExecution,
            Request(
                "POST",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/execute",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def list_executions(
        self,
        flow_id: Id,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowExecutionPage:
        """List a flow's executions, the newest first.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
            status: Only those of this status.
            from_: Only those accepted then or later: a date or time, ISO 8601.
            to: Only those accepted before then: a date or time.
        """
        return self._transport.model(
            models.FlowExecutionPage,
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/executions",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                    "status": status,
                    "from": from_,
                    "to": to,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_executions(
        self,
        flow_id: Id,
        *,
        limit: Optional[int] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.FlowExecution]:
        """Go through all that `list_executions` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list_executions(
                flow_id,
                limit=limit,
                offset=offset,
                after=after,
                status=status,
                from_=from_,
                to=to,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.executions:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.executions)
            if not answer.executions or seen >= answer.total:
                return
            offset = seen

    def export(
        self,
        flow_id: Id,
        *,
        format: Optional[Literal["json", "langgraph", "yaml"]] = None,
        model: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Export a flow with its agents and sub-flows, without secrets.

        Knowledge bases are included by name, without their documents. With `format=langgraph`,
        a flow with parts that have no equal in plain LangGraph is refused: `errors` names each
        node and field, and what to do. Nothing is left out silently.

        Args:
            format: What to write it in: `json` or `yaml` for another server, or `langgraph` for
                a project in plain LangGraph Python, as a ZIP archive.
            model: For `langgraph`: what is asked instead of models that only this server has,
                such as `openai/gpt-4.1-mini`.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/export",
                query={
                    "format": format,
                    "model": model,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def draw(
        self,
        flow_id: Id,
        *,
        format: Optional[Literal["dot", "json", "mermaid", "png", "react-flow", "svg"]] = None,
        expand: Optional[bool] = None,
        layout: Optional[Literal["auto", "compact", "down", "right"]] = None,
        version: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Return the diagram of a flow.

        Mermaid or Graphviz text, SVG or PNG, or JSON: plain with places, or as React Flow takes
        it.

        Args:
            format: What to draw it as.
            expand: true: sub-flows are drawn out in their places.
            layout: down, right (from left to right), compact, or auto: right for a wide flow,
                compact for a long one.
            version: Version to draw: a number, a label, `draft`, or `current`. Default: the
                current one.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/graph",
                query={
                    "format": format,
                    "expand": expand,
                    "layout": layout,
                    "version": version,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def put_label(
        self,
        flow_id: Id,
        label: Id,
        version: int,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.LabelView:
        """Point a label, such as `production`, at a version. Runs that ask for the label run that
        version.
        """
        return self._transport.model(
            models.LabelView,
            Request(
                "PUT",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/labels/{segment(label, 'label')}",
                body={
                    "version": version,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_label(
        self,
        flow_id: Id,
        label: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.LabelDeleted:
        """Delete a label. Runs that ask for it are refused from now on."""
        return self._transport.model(
            models.LabelDeleted,
            Request(
                "DELETE",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/labels/{segment(label, 'label')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def run_node(
        self,
        flow_id: Id,
        node_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        outputs: Union[Mapping[str, Any], Unset] = UNSET,
        execution_id: Union[str, None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionAnswer:
        """Run one node of a flow with given values, and return its output.

        With `execution_id` it finds what it found in that run. Nodes behind it do not run.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. The node reads it as `input.<name>`.
            variables: Variables by name.
            outputs: Outputs of other nodes by node ID. Those of the nodes before it are what
                comes in.
            execution_id: A run of the flow whose values count where the fields above give none:
                what the node saw in it.
            limits: Limits of this run. They cannot exceed the server's settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ExecutionAnswer,
            Request(
                "POST",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/nodes/{segment(node_id, 'node_id')}/run",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "outputs": outputs,
                    "execution_id": execution_id,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def publish(
        self,
        flow_id: Id,
        *,
        notes: Union[str, Unset] = UNSET,
        labels: Union[Sequence[str], Unset] = UNSET,
        based_on: Union[int, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Union[models.ChatflowView, models.AgentflowView]:
        """Make the draft the next version of the flow. One that could not run is refused with all
        findings.

        `If-Match` takes the ETag of the draft. A flow that was changed since the draft was
        begun is a 409, so that no change of others is lost; `based_on` with the present version
        publishes it all the same.

        Args:
            notes: What changed, for people.
            labels: Labels that point at the new version from now on.
            based_on: The version that the draft replaces. Null: the one that it was made from.
        """
        found: Union[models.ChatflowView, models.AgentflowView] = self._transport.value(
            Union[models.ChatflowView, models.AgentflowView],
            Request(
                "POST",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/publish",
                body={
                    "notes": notes,
                    "labels": labels,
                    "based_on": based_on,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found

    def validate(
        self,
        flow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Checked:
        """Validate a flow of any kind without running it."""
        return self._transport.model(
            models.Checked,
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/validate",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_versions(
        self,
        flow_id: Id,
        *,
        limit: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VersionPage:
        """List the versions of a flow, the newest first.

        Args:
            limit: How many to return.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.VersionPage,
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/versions",
                query={
                    "limit": limit,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_version(
        self,
        flow_id: Id,
        version: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Union[models.ChatflowView, models.AgentflowView]:
        """Return a flow as it was in a version: a number, a label, `draft` or `current`."""
        found: Union[models.ChatflowView, models.AgentflowView] = self._transport.value(
            Union[models.ChatflowView, models.AgentflowView],
            Request(
                "GET",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/versions/{segment(version, 'version')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found

    def restore_version(
        self,
        flow_id: Id,
        version: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Union[models.ChatflowView, models.AgentflowView]:
        """Store an earlier version again, as the newest one. No version is lost."""
        found: Union[models.ChatflowView, models.AgentflowView] = self._transport.value(
            Union[models.ChatflowView, models.AgentflowView],
            Request(
                "POST",
                f"/api/agent-builder/flows/{segment(flow_id, 'flow_id')}/versions/{segment(version, 'version')}/restore",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found


class Health:
    """Health."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawHealth:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawHealth

        return RawHealth(self._transport)

    def health(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Health:
        """Report that the process runs."""
        return self._transport.model(
            models.Health,
            Request(
                "GET",
                "/health",
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def ready(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Health:
        """Report that the server is ready. A 503 says what is missing."""
        return self._transport.model(
            models.Health,
            Request(
                "GET",
                "/ready",
                open=True,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Keys:
    """Keys."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawKeys:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawKeys

        return RawKeys(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KeyList:
        """List API keys, newest first, including revoked and expired ones."""
        return self._transport.model(
            models.KeyList,
            Request(
                "GET",
                "/api/agent-builder/keys",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        name: str,
        *,
        role: Union[Literal["editor", "owner", "runner", "viewer"], Unset] = UNSET,
        scopes: Union[Sequence[Literal["account", "audit:read", "connections:read", "connections:write", "costs:read", "costs:write", "credentials:read", "credentials:write", "embeds:read", "embeds:write", "flows:read", "flows:write", "keys:read", "keys:write", "knowledge:read", "knowledge:write", "metrics:read", "runs:read", "runs:start", "schedules:read", "schedules:write", "sessions:all", "tools:read", "tools:write", "users:read", "users:write", "variables:read", "variables:write", "webhooks:read", "webhooks:write"]], None, Unset] = UNSET,
        days: Union[float, None, Unset] = UNSET,
        flow_id: Union[str, None, Unset] = UNSET,
        on_disconnect: Union[Literal["cancel", "continue"], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MadeKey:
        """Create an API key. It belongs to the user who creates it.

        Args:
            name: A name for lists.
            role: Its role. It never has more permissions than its creator.
            scopes: The permissions that it has, of those of its role. Null: all of them.
            days: Days until it expires. Null: it works until it is revoked.
            flow_id: The one flow that it may use: chats, runs, and what is read of them. Null:
                all of the workspace.
            on_disconnect: What happens to a run whose client disconnects. Null: the default of
                each endpoint.
        """
        return self._transport.model(
            models.MadeKey,
            Request(
                "POST",
                "/api/agent-builder/keys",
                body={
                    "name": name,
                    "role": role,
                    "scopes": scopes,
                    "days": days,
                    "flow_id": flow_id,
                    "on_disconnect": on_disconnect,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        key_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KeyView:
        """Return an API key without its secret."""
        return self._transport.model(
            models.KeyView,
            Request(
                "GET",
                f"/api/agent-builder/keys/{segment(key_id, 'key_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def revoke(
        self,
        key_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KeyView:
        """Revoke an API key. It stops working within a second; its streams end within five."""
        return self._transport.model(
            models.KeyView,
            Request(
                "DELETE",
                f"/api/agent-builder/keys/{segment(key_id, 'key_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def roles(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.RoleList:
        """List the roles and their permissions."""
        return self._transport.model(
            models.RoleList,
            Request(
                "GET",
                "/api/agent-builder/roles",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class KnowledgeBases:
    """Knowledge bases."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawKnowledgeBases:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawKnowledgeBases

        return RawKnowledgeBases(self._transport)

    def list(
        self,
        *,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KnowledgeBaseList:
        """List knowledge bases by name.

        Args:
            search: Text in the name or description.
            limit: How many to return.
            offset: How many to leave out first.
        """
        return self._transport.model(
            models.KnowledgeBaseList,
            Request(
                "GET",
                "/api/agent-builder/knowledge-bases",
                query={
                    "search": search,
                    "limit": limit,
                    "offset": offset,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.KnowledgeBaseView]:
        """Go through all that `list` lists, page by page."""
        offset: Optional[int] = None
        seen = 0
        while True:
            answer = self.list(
                search=search,
                limit=limit,
                offset=offset,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.knowledge_bases:
                yield item
            seen += len(answer.knowledge_bases)
            if not answer.knowledge_bases or seen >= answer.total:
                return
            offset = seen

    def create(
        self,
        name: str,
        *,
        description: Union[str, Unset] = UNSET,
        embedding: Union[models.EmbeddingModel, Mapping[str, Any], None, Unset] = UNSET,
        chunk: Union[models.ChunkOptions, Mapping[str, Any], Unset] = UNSET,
        metadata_schema: Union[Mapping[str, Any], None, Unset] = UNSET,
        reranker: Union[models.Reranker, Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KnowledgeBaseView:
        """Create an empty knowledge base.

        Args:
            name: Unique in the workspace.
            embedding: The model that compares meanings. Null: the server's default.
            chunk: How documents are split into passages.
            metadata_schema: JSON Schema of the metadata of documents. Null: any metadata.
            reranker: What reranks in searches with `rerank` that name no reranker. Null: the
                server's reranker.
        """
        return self._transport.model(
            models.KnowledgeBaseView,
            Request(
                "POST",
                "/api/agent-builder/knowledge-bases",
                body={
                    "name": name,
                    "description": description,
                    "embedding": embedding,
                    "chunk": chunk,
                    "metadata_schema": metadata_schema,
                    "reranker": reranker,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        knowledge_base_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KnowledgeBaseView:
        """Return a knowledge base with its counts."""
        return self._transport.model(
            models.KnowledgeBaseView,
            Request(
                "GET",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        knowledge_base_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        description: Union[str, Unset] = UNSET,
        embedding: Union[models.EmbeddingModel, Mapping[str, Any], Unset] = UNSET,
        chunk: Union[models.ChunkOptions, Mapping[str, Any], Unset] = UNSET,
        metadata_schema: Union[Mapping[str, Any], None, Unset] = UNSET,
        reranker: Union[models.Reranker, Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KnowledgeBaseView:
        """Update a knowledge base.

        Args:
            embedding: Another model starts a reindex: searches use the old vectors until the
                new ones are complete.
            chunk: Holds for documents that are added or retried from then on.
            reranker: Null: the server's reranker.
        """
        return self._transport.model(
            models.KnowledgeBaseView,
            Request(
                "PUT",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}",
                body={
                    "name": name,
                    "description": description,
                    "embedding": embedding,
                    "chunk": chunk,
                    "metadata_schema": metadata_schema,
                    "reranker": reranker,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        knowledge_base_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a knowledge base with its documents. No search finds them from now on."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_documents(
        self,
        knowledge_base_id: Id,
        *,
        status: Optional[Literal["embedding", "failed", "parsing", "queued", "ready"]] = None,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DocumentList:
        """List the documents of a knowledge base, the newest first.

        Args:
            status: Only those of this status.
            search: Text in the name.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.DocumentList,
            Request(
                "GET",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents",
                query={
                    "status": status,
                    "search": search,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def add_document(
        self,
        knowledge_base_id: Id,
        *,
        file: Union[File, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        content_type: Union[str, Unset] = UNSET,
        text: Union[str, Unset] = UNSET,
        url: Union[str, Unset] = UNSET,
        file_id: Union[Id, Unset] = UNSET,
        folder: Union[str, Unset] = UNSET,
        metadata: Union[Mapping[str, Any], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.QueuedDocument:
        """Add a document, which is ingested in the background.

        A form with a `file`, or JSON with one of `text`, `url`, `file_id` and `folder`.
        Formats: Markdown, HTML, text, CSV, JSON, PDF, DOCX, XLSX, PPTX and EPUB. `GET` shows
        how far it is; a search finds it when its status is `ready`.

        Args:
            file: The document. Or one of the others.
            name: Its name. Empty: the name of the file.
            content_type: Its media type. Empty: that of the file.
            text: In place of `file`: the document itself, as Markdown.
            url: In place of `file`: a URL that the server fetches.
            file_id: In place of `file`: ID of a file of a chat.
            folder: In place of `file`: a folder of the operator.
            metadata: Its metadata. In the form as JSON.
        """
        return self._transport.model(
            models.QueuedDocument,
            Request(
                "POST",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents",
                form=form(
                    files={
                        "file": file,
                    },
                    texts={
                        "name": name,
                        "content_type": content_type,
                        "text": text,
                        "url": url,
                        "file_id": file_id,
                        "folder": folder,
                        "metadata": metadata,
                    },
                ),
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_document(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DocumentView:
        """Return a document with its status and progress."""
        return self._transport.model(
            models.DocumentView,
            Request(
                "GET",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents/{segment(document_id, 'document_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_document(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        metadata: Mapping[str, Any],
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DocumentView:
        """Replace the metadata of a document. Searches use it at once.

        Args:
            metadata: All of it: what is missing here is removed.
        """
        return self._transport.model(
            models.DocumentView,
            Request(
                "PUT",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents/{segment(document_id, 'document_id')}",
                body={
                    "metadata": metadata,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_document(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a document. No search finds it from now on; a run that ingests it ends."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents/{segment(document_id, 'document_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_passages(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.PassageList:
        """List the passages of a document that searches see, in order.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
        """
        return self._transport.model(
            models.PassageList,
            Request(
                "GET",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents/{segment(document_id, 'document_id')}/passages",
                query={
                    "limit": limit,
                    "offset": offset,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_passages(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        *,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.KnowledgePassage]:
        """Go through all that `list_passages` lists, page by page."""
        offset: Optional[int] = None
        seen = 0
        while True:
            answer = self.list_passages(
                knowledge_base_id,
                document_id,
                limit=limit,
                offset=offset,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.passages:
                yield item
            seen += len(answer.passages)
            if not answer.passages or seen >= answer.total:
                return
            offset = seen

    def retry_document(
        self,
        knowledge_base_id: Id,
        document_id: Id,
        *,
        reparse: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.QueuedDocument:
        """Ingest a document once more. What was embedded before is not embedded again.

        Args:
            reparse: Whether it is parsed and split again, such as after a change of `chunk`.
        """
        return self._transport.model(
            models.QueuedDocument,
            Request(
                "POST",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/documents/{segment(document_id, 'document_id')}/retry",
                body={
                    "reparse": reparse,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def reindex(
        self,
        knowledge_base_id: Id,
        *,
        embedding: Union[models.EmbeddingModel, Mapping[str, Any], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ReindexAnswer:
        """Embed all passages again beside the index in use, then switch searches to the new one.

        Args:
            embedding: The model. Null: the present one, in its present revision.
        """
        return self._transport.model(
            models.ReindexAnswer,
            Request(
                "POST",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/reindex",
                body={
                    "embedding": embedding,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def search(
        self,
        knowledge_base_id: Id,
        query: str,
        *,
        strategy: Union[Literal["hybrid", "lexical", "mmr", "similarity"], Unset] = UNSET,
        top_k: Union[int, Unset] = UNSET,
        filters: Union[Mapping[str, Any], Unset] = UNSET,
        score_threshold: Union[float, None, Unset] = UNSET,
        section_characters: Union[int, Unset] = UNSET,
        rerank: Union[bool, Unset] = UNSET,
        reranker: Union[models.Reranker, Mapping[str, Any], None, Unset] = UNSET,
        fusion: Union[Literal["rrf", "weighted"], Unset] = UNSET,
        dense_weight: Union[float, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.KnowledgeSearchAnswer:
        """Return the passages that fit a question best, with their scores.

        Args:
            query: What to look for.
            strategy: `hybrid`: words and meaning. `similarity`: meaning. `lexical`: words.
                `mmr`: as `hybrid`, but passages that repeat each other are left out.
            top_k: Maximum number of passages.
            filters: Conditions on the metadata of documents: `{field: value}`, `{field:
                [values]}` or `{field: {operator: value}}`. All must hold.
            score_threshold: Minimum score, applied last. Null: no passage is dropped.
            section_characters: Maximum length of the section that is returned instead of a
                passage: the passage and those around it under the same heading. Passages of one
                section are one result. 0: the passage alone.
            rerank: Whether the passages are reranked.
            reranker: Which reranker, with `rerank`. Null: the server's.
            fusion: How `hybrid` combines two rankings: by weighted scores, or by ranks (`rrf`).
            dense_weight: Weight of meaning against words in `hybrid`. Null: 0.5, less for
                queries that look like identifiers.
        """
        return self._transport.model(
            models.KnowledgeSearchAnswer,
            Request(
                "POST",
                f"/api/agent-builder/knowledge-bases/{segment(knowledge_base_id, 'knowledge_base_id')}/search",
                body={
                    "query": query,
                    "strategy": strategy,
                    "top_k": top_k,
                    "filters": filters,
                    "score_threshold": score_threshold,
                    "section_characters": section_characters,
                    "rerank": rerank,
                    "reranker": reranker,
                    "fusion": fusion,
                    "dense_weight": dense_weight,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Memories:
    """Memories."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawMemories:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawMemories

        return RawMemories(self._transport)

    def list(
        self,
        *,
        owner: Optional[str] = None,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemoryList:
        """List memories, the last changed first.

        Args:
            owner: Only memories of this user (their ID), key (`key:` and its ID) or agent.
            search: Words that all must be in it.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.MemoryList,
            Request(
                "GET",
                "/api/agent-builder/memories",
                query={
                    "owner": owner,
                    "search": search,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def put(
        self,
        key: str,
        value: Mapping[str, Any],
        *,
        namespace: Union[Sequence[str], Unset] = UNSET,
        owner: Union[str, Unset] = UNSET,
        ttl_seconds: Union[float, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemoryView:
        """Keep a memory.

        Args:
            namespace: Parts of a name that groups memories. The owner stands before it.
            owner: Whom it is about. Empty: the user or key of the request. Others need the
                permission `sessions:all`.
            ttl_seconds: Seconds after which it is forgotten. Null: the setting
                `memory_ttl_days`.
        """
        return self._transport.model(
            models.MemoryView,
            Request(
                "PUT",
                "/api/agent-builder/memories",
                body={
                    "key": key,
                    "value": value,
                    "namespace": namespace,
                    "owner": owner,
                    "ttl_seconds": ttl_seconds,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        key: str,
        *,
        namespace: Optional[str] = None,
        owner: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ForgottenMemory:
        """Forget a memory.

        Args:
            key: Key of the memory.
            namespace: Namespace of the memory: its parts, separated by `/`.
            owner: Only memories of this user (their ID), key (`key:` and its ID) or agent.
        """
        return self._transport.model(
            models.ForgottenMemory,
            Request(
                "DELETE",
                "/api/agent-builder/memories",
                query={
                    "key": key,
                    "namespace": namespace,
                    "owner": owner,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Metrics:
    """Metrics."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawMetrics:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawMetrics

        return RawMetrics(self._transport)

    def json(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MetricsDocument:
        """Return all metrics as JSON."""
        return self._transport.model(
            models.MetricsDocument,
            Request(
                "GET",
                "/api/agent-builder/metrics/json",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def prometheus(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Return all metrics for Prometheus, as OpenMetrics if `Accept` asks for it.

        The key may be an API key or the setting `metrics_token`; from `metrics_networks` none
        is needed.
        """
        return self._transport.text(
            Request(
                "GET",
                "/api/agent-builder/metrics/prometheus",
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def summary(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MetricsSummary:
        """Return totals of runs and usage."""
        return self._transport.model(
            models.MetricsSummary,
            Request(
                "GET",
                "/api/agent-builder/metrics/summary",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Models:
    """Models."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawModels:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawModels

        return RawModels(self._transport)

    def list_connections(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ConnectionList:
        """List the connections by name."""
        return self._transport.model(
            models.ConnectionList,
            Request(
                "GET",
                "/api/agent-builder/connections",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create_connection(
        self,
        name: str,
        provider: str,
        *,
        base_url: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        profile: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        defaults: Union[models.ConnectionDefaults, Mapping[str, Any], Unset] = UNSET,
        prices: Union[Mapping[str, Union[models.ConnectionPrice, Mapping[str, Any]]], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ConnectionView:
        """Store a model's address under a name that flows use.

        Args:
            name: The name that flows use. Unique in the workspace.
            provider: `openai` for every server that speaks its API, `anthropic` or `ollama`.
            base_url: Its URL. Empty: the server's own for this provider. A private IP address
                needs the operator's `egress_allow`.
            credential: Name of a credential of kind `provider_key`, which must allow the host
                of the URL. Empty: no key.
            profile: Which kind of server it is, such as `azure` or `vllm`. Empty: the URL
                tells.
            headers: Sent with each request, such as `OpenAI-Organization`. They are no place
                for secrets.
            prices: What its models cost, by their names; `*` for all others. They win over the
                server's prices.
        """
        return self._transport.model(
            models.ConnectionView,
            Request(
                "POST",
                "/api/agent-builder/connections",
                body={
                    "name": name,
                    "provider": provider,
                    "base_url": base_url,
                    "credential": credential,
                    "profile": profile,
                    "headers": headers,
                    "defaults": defaults,
                    "prices": prices,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_connection(
        self,
        connection_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ConnectionView:
        """Return a connection."""
        return self._transport.model(
            models.ConnectionView,
            Request(
                "GET",
                f"/api/agent-builder/connections/{segment(connection_id, 'connection_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_connection(
        self,
        connection_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        provider: Union[str, Unset] = UNSET,
        base_url: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        profile: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        defaults: Union[models.ConnectionDefaults, Mapping[str, Any], Unset] = UNSET,
        prices: Union[Mapping[str, Union[models.ConnectionPrice, Mapping[str, Any]]], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ConnectionView:
        """Update a connection. Active runs use it from their next request.

        Args:
            defaults: All of them: those that are missing here are unset.
            prices: All of them. Recorded costs do not change.
        """
        return self._transport.model(
            models.ConnectionView,
            Request(
                "PUT",
                f"/api/agent-builder/connections/{segment(connection_id, 'connection_id')}",
                body={
                    "name": name,
                    "provider": provider,
                    "base_url": base_url,
                    "credential": credential,
                    "profile": profile,
                    "headers": headers,
                    "defaults": defaults,
                    "prices": prices,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_connection(
        self,
        connection_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a connection. Flows that use it fail until a new one has its name."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/connections/{segment(connection_id, 'connection_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ModelList:
        """List the models that the server's providers have. No model is asked anything.

        What a provider said counts for 30 seconds. One that does not answer in 2 seconds has
        none.
        """
        return self._transport.model(
            models.ModelList,
            Request(
                "GET",
                "/api/agent-builder/models",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class NodeTypes:
    """Node types."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawNodeTypes:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawNodeTypes

        return RawNodeTypes(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.NodeTypes:
        """List the node types with the JSON Schema of their configuration, their outlets and
        examples.
        """
        return self._transport.model(
            models.NodeTypes,
            Request(
                "GET",
                "/api/agent-builder/node-types",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Schedules:
    """Schedules."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawSchedules:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawSchedules

        return RawSchedules(self._transport)

    def list(
        self,
        *,
        flow_id: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ScheduleList:
        """List schedules with their next and last times, the newest first.

        Args:
            flow_id: Only those of this flow.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.ScheduleList,
            Request(
                "GET",
                "/api/agent-builder/schedules",
                query={
                    "flow_id": flow_id,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        flow_id: Id,
        cron: str,
        *,
        timezone: Union[str, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        input: Union[Mapping[str, Any], Unset] = UNSET,
        version: Union[str, Unset] = UNSET,
        missed: Union[Literal["all", "once", "skip"], Unset] = UNSET,
        ends_at: Union[str, None, Unset] = UNSET,
        jitter_seconds: Union[float, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ScheduleView:
        """Have a flow start at the times of a cron expression, with the rights of who asks.

        Args:
            cron: Minute, hour, day of the month, month and day of the week, as in `0 9 * *
                MON-FRI`. Six fields begin with seconds.
            timezone: IANA name of the time zone whose clock counts, as in `Europe/Berlin`.
            name: Empty: the name of the flow.
            input: Input of each run: `input_data` of an agentflow, `message` and the like of a
                chatflow. Texts are templates that may name `schedule.time`, `local_date`,
                `local_time`, `weekday`, `last_time` and `name`.
            version: Version to run: a number, a label or `draft`. Empty: the current one.
            missed: Runs that were missed, as while no server ran: `skip` them, start the last
                `once`, or start `all`.
            ends_at: ISO 8601 time after which nothing starts.
            jitter_seconds: Each run starts up to this much later, so that many schedules do not
                start in one second.
            enabled: False: paused.
        """
        return self._transport.model(
            models.ScheduleView,
            Request(
                "POST",
                "/api/agent-builder/schedules",
                body={
                    "flow_id": flow_id,
                    "cron": cron,
                    "timezone": timezone,
                    "name": name,
                    "input": input,
                    "version": version,
                    "missed": missed,
                    "ends_at": ends_at,
                    "jitter_seconds": jitter_seconds,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_times(
        self,
        cron: str,
        *,
        timezone: Optional[str] = None,
        ends_at: Optional[str] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ScheduleTimes:
        """List the next times of a cron expression, without a schedule: to look before one is
        created.

        Args:
            cron: As `cron` of a schedule.
            timezone: IANA name of the time zone.
            ends_at: ISO 8601 time after which no times are listed.
            limit: Most times to list.
        """
        return self._transport.model(
            models.ScheduleTimes,
            Request(
                "GET",
                "/api/agent-builder/schedules/times",
                query={
                    "cron": cron,
                    "timezone": timezone,
                    "ends_at": ends_at,
                    "limit": limit,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        schedule_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ScheduleView:
        """Return a schedule."""
        return self._transport.model(
            models.ScheduleView,
            Request(
                "GET",
                f"/api/agent-builder/schedules/{segment(schedule_id, 'schedule_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        schedule_id: Id,
        *,
        cron: Union[str, Unset] = UNSET,
        timezone: Union[str, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        input: Union[Mapping[str, Any], Unset] = UNSET,
        version: Union[str, Unset] = UNSET,
        missed: Union[Literal["all", "once", "skip"], Unset] = UNSET,
        ends_at: Union[str, None, Unset] = UNSET,
        jitter_seconds: Union[float, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.ScheduleView:
        """Update, pause or resume a schedule. From then on its runs have the rights of who asks."""
        return self._transport.model(
            models.ScheduleView,
            Request(
                "PUT",
                f"/api/agent-builder/schedules/{segment(schedule_id, 'schedule_id')}",
                body={
                    "cron": cron,
                    "timezone": timezone,
                    "name": name,
                    "input": input,
                    "version": version,
                    "missed": missed,
                    "ends_at": ends_at,
                    "jitter_seconds": jitter_seconds,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        schedule_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a schedule. Its runs stay."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/schedules/{segment(schedule_id, 'schedule_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def run(
        self,
        schedule_id: Id,
        *,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionView:
        """Start a run of a schedule now, with the rights of who asks. Its next time does not
        change.

        Args:
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ExecutionView,
            Request(
                "POST",
                f"/api/agent-builder/schedules/{segment(schedule_id, 'schedule_id')}/run",
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )


class Sessions:
    """Sessions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawSessions:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawSessions

        return RawSessions(self._transport)

    def list_memory_strategies(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Strategies:
        """List the memory strategies with options and defaults."""
        return self._transport.model(
            models.Strategies,
            Request(
                "GET",
                "/api/agent-builder/chatflow/memory/strategies",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list(
        self,
        *,
        chatflow_id: Optional[str] = None,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionPage:
        """List sessions, last active first.

        With `search`, those whose title, id and messages have all its words, also in
        alternatives. Words of three letters and more also find longer words that begin with
        them. A request reads the messages of `AGENTICRAG_SESSION_SEARCH_SESSIONS` sessions at
        most; `next_cursor` leads on to the others, also from a page without a session.

        Args:
            chatflow_id: Only sessions of this chatflow.
            search: Only sessions that have these words.
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.SessionPage,
            Request(
                "GET",
                "/api/agent-builder/chatflow/sessions",
                query={
                    "chatflow_id": chatflow_id,
                    "search": search,
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        chatflow_id: Optional[str] = None,
        search: Optional[str] = None,
        limit: Optional[int] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.SessionSummary]:
        """Go through all that `list` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                chatflow_id=chatflow_id,
                search=search,
                limit=limit,
                offset=offset,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.sessions:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.sessions)
            if not answer.sessions or seen >= answer.total:
                return
            offset = seen

    def import_file(
        self,
        file: File,
        *,
        chatflow_id: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Imported:
        """Create a session from a JSON export.

        It keeps its name where that is free, else it gets a new one: an import never changes a
        session.

        Args:
            chatflow_id: The chatflow that it is of.
            file: A session exported as JSON.
        """
        return self._transport.model(
            models.Imported,
            Request(
                "POST",
                "/api/agent-builder/chatflow/sessions/import",
                query={
                    "chatflow_id": chatflow_id,
                },
                form=form(
                    files={
                        "file": file,
                    },
                ),
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionHistory:
        """Return a session with its messages."""
        return self._transport.model(
            models.SessionHistory,
            Request(
                "GET",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def rename(
        self,
        session_id: Id,
        title: str,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionSummary:
        """Give a session another title."""
        return self._transport.model(
            models.SessionSummary,
            Request(
                "PUT",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}",
                body={
                    "title": title,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Cleared:
        """Delete a session with its runs and their events. Active runs are cancelled first."""
        return self._transport.model(
            models.Cleared,
            Request(
                "DELETE",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def branch(
        self,
        session_id: Id,
        *,
        message_id: Union[str, None, Unset] = UNSET,
        title: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionHistory:
        """Copy a session into a new one, up to a message or as a whole. The session itself stays
        as it is.

        Args:
            message_id: The last message of the copy. Null: the copy has all messages, with
                their alternatives.
            title: Null: the title of the session.
        """
        return self._transport.model(
            models.SessionHistory,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/branch",
                body={
                    "message_id": message_id,
                    "title": title,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def clear(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Cleared:
        """Delete the messages of a session. Active runs are cancelled first."""
        return self._transport.model(
            models.Cleared,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/clear",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def export(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionFile:
        """Export a session as JSON."""
        return self._transport.model(
            models.SessionFile,
            Request(
                "GET",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/export",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def download(
        self,
        session_id: Id,
        *,
        format: Optional[Literal["csv", "json", "markdown", "txt"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Export a session as a file.

        Args:
            format: What kind of file.
        """
        return self._transport.content(
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/export",
                query={
                    "format": format,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def get_file(
        self,
        session_id: Id,
        file_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Download a file of a message."""
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/files/{segment(file_id, 'file_id')}",
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def get_history(
        self,
        session_id: Id,
        *,
        limit: Optional[int] = None,
        before: Optional[str] = None,
        alternatives: Optional[bool] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionHistory:
        """Return the messages of a session, oldest first.

        With `limit` the last ones; `next_cursor` leads on to those before them. A message with
        alternatives names them. With `alternatives=true` they are returned too.

        Args:
            limit: The last so many messages. Left out: all.
            before: Only messages before this one: a `next_cursor`.
            alternatives: Whether to return messages too that are not on the chosen line.
        """
        return self._transport.model(
            models.SessionHistory,
            Request(
                "GET",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/history",
                query={
                    "limit": limit,
                    "before": before,
                    "alternatives": alternatives,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def set_memory(
        self,
        session_id: Id,
        strategy: Literal["buffer", "hybrid", "summary", "vector"],
        *,
        memory_config: Union[Mapping[str, Any], Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemorySet:
        """Set the memory of a session, from its next message.

        Args:
            memory_config: Options of the strategy. Missing ones have their defaults.
        """
        return self._transport.model(
            models.MemorySet,
            Request(
                "PUT",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/memory",
                body={
                    "strategy": strategy,
                    "memory_config": memory_config,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def edit_message(
        self,
        session_id: Id,
        message_id: Id,
        content: str,
        *,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        flow_version: Union[int, str, None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ChatAnswer:
        """Edit a message of the user and return the answer to it.

        The old message and what followed it are kept as alternatives. The session continues
        from the new one. For a stream, send `edits` with `POST /chatflow/chat/stream`.

        Args:
            config: Another model for the answer. A stored chatflow takes `provider`, `model`,
                `temperature`, `max_tokens`, `top_p` and `seed`; its other settings are its own.
            flow_version: Version of the chatflow that answers: a number, a label, `draft` or
                `current`. Null: `current`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ChatAnswer,
            Request(
                "PUT",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/messages/{segment(message_id, 'message_id')}",
                body={
                    "content": content,
                    "config": config,
                    "flow_version": flow_version,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def delete_message(
        self,
        session_id: Id,
        message_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DeletedMessages:
        """Delete a message with all that followed it, alternatives too, and the runs that
        answered.

        If the chosen line went through it, the session continues from the newest alternative
        that is left.
        """
        return self._transport.model(
            models.DeletedMessages,
            Request(
                "DELETE",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/messages/{segment(message_id, 'message_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def choose_message(
        self,
        session_id: Id,
        message_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionHistory:
        """Choose an alternative: the session continues from it and the newest of what followed it."""
        return self._transport.model(
            models.SessionHistory,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/messages/{segment(message_id, 'message_id')}/choose",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def regenerate_message(
        self,
        session_id: Id,
        message_id: Id,
        *,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        flow_version: Union[int, str, None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ChatAnswer:
        """Answer a message of the user again, perhaps with another model or version of the
        chatflow.

        An answer stands for the message that it answers. The earlier answer and what followed
        it are kept as alternatives. The session continues from the new one.

        Args:
            config: Another model for the answer. A stored chatflow takes `provider`, `model`,
                `temperature`, `max_tokens`, `top_p` and `seed`; its other settings are its own.
            flow_version: Version of the chatflow that answers: a number, a label, `draft` or
                `current`. Null: `current`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ChatAnswer,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/messages/{segment(message_id, 'message_id')}/regenerate",
                body={
                    "config": config,
                    "flow_version": flow_version,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def regenerate_message_stream(
        self,
        session_id: Id,
        message_id: Id,
        *,
        config: Union[models.ChatOptions, Mapping[str, Any], None, Unset] = UNSET,
        flow_version: Union[int, str, None, Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ChatEvent]:
        """Answer a message of the user again and stream the answer as Server-Sent Events.

        Args:
            config: Another model for the answer. A stored chatflow takes `provider`, `model`,
                `temperature`, `max_tokens`, `top_p` and `seed`; its other settings are its own.
            flow_version: Version of the chatflow that answers: a number, a label, `draft` or
                `current`. Null: `current`.
            limits: Limits of this run, instead of the chatflow's. They cannot exceed the
                server's settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ChatEvent] = EventStream(
            self._transport,
            models.ChatEvent,
            Request(
                "POST",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/messages/{segment(message_id, 'message_id')}/regenerate/stream",
                body={
                    "config": config,
                    "flow_version": flow_version,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("done", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def get_variables(
        self,
        session_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionVariables:
        """Return the variables that the session's flow keeps from turn to turn."""
        return self._transport.model(
            models.SessionVariables,
            Request(
                "GET",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/variables",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def set_variables(
        self,
        session_id: Id,
        variables: Mapping[str, Any],
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.SessionVariables:
        """Give variables of a session other values, while no run of it is under way."""
        return self._transport.model(
            models.SessionVariables,
            Request(
                "PATCH",
                f"/api/agent-builder/chatflow/sessions/{segment(session_id, 'session_id')}/variables",
                body={
                    "variables": variables,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Templates:
    """Templates."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawTemplates:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawTemplates

        return RawTemplates(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TemplateList:
        """List the flows that come with the server."""
        return self._transport.model(
            models.TemplateList,
            Request(
                "GET",
                "/api/agent-builder/templates",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        name: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Dict[str, Any]:
        """Return a template as a flow file. `POST /flows/import` takes it and stores a copy."""
        found: Dict[str, Any] = self._transport.value(
            Dict[str, Any],
            Request(
                "GET",
                f"/api/agent-builder/templates/{segment(name, 'name')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found

    def draw(
        self,
        name: Id,
        *,
        format: Optional[Literal["dot", "json", "mermaid", "png", "react-flow", "svg"]] = None,
        layout: Optional[Literal["auto", "compact", "down", "right"]] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Content:
        """Return the diagram of a template.

        Args:
            format: What to draw it as.
            layout: down, right (from left to right), compact, or auto: right for a wide flow,
                compact for a long one.
        """
        return self._transport.content(
            Request(
                "GET",
                f"/api/agent-builder/templates/{segment(name, 'name')}/graph",
                query={
                    "format": format,
                    "layout": layout,
                },
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )


class Tools:
    """Tools."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawTools:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawTools

        return RawTools(self._transport)

    def list_mcp_servers(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPServerList:
        """List the MCP servers by name, the operator's among them."""
        return self._transport.model(
            models.MCPServerList,
            Request(
                "GET",
                "/api/agent-builder/mcp-servers",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create_mcp_server(
        self,
        name: str,
        url: str,
        *,
        credential: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        oauth: Union[models.OAuthSettings, Mapping[str, Any], None, Unset] = UNSET,
        allow: Union[Sequence[str], Unset] = UNSET,
        approval: Union[Sequence[str], Unset] = UNSET,
        rename: Union[Mapping[str, str], Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        sampling: Union[models.SamplingSettings, Mapping[str, Any], None, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPServerView:
        """Store an MCP server. It is not contacted before somebody checks it.

        Args:
            name: The name that flows use. Unique in the workspace.
            url: Its URL. It may look up workspace variables: `{{ env.tickets_url }}/mcp`. A
                private IP address needs the operator's `egress_allow`.
            credential: Name of a credential that is sent with each request. It must allow the
                host of the URL. Empty: none.
            headers: More headers: the header's name, and the name of the credential whose
                secret is its value, or a template of workspace variables, such as `Bearer {{
                env.tickets_token }}`.
            oauth: OAuth 2.0 client credentials, in place of `credential`.
            allow: Tools that may be approved and used. `*`: all.
            approval: Tools that ask a person before each call. `*`: all.
            rename: Names that models see, by tool. Others get `<server>_<tool>`.
            timeout_seconds: Maximum time of one call.
            sampling: Allows the server to ask for model calls within the budget of a run. Null:
                it is not allowed.
        """
        return self._transport.model(
            models.MCPServerView,
            Request(
                "POST",
                "/api/agent-builder/mcp-servers",
                body={
                    "name": name,
                    "url": url,
                    "credential": credential,
                    "headers": headers,
                    "oauth": oauth,
                    "allow": allow,
                    "approval": approval,
                    "rename": rename,
                    "timeout_seconds": timeout_seconds,
                    "sampling": sampling,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_mcp_server(
        self,
        mcp_server_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPServerView:
        """Return an MCP server."""
        return self._transport.model(
            models.MCPServerView,
            Request(
                "GET",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_mcp_server(
        self,
        mcp_server_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        url: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        oauth: Union[models.OAuthSettings, Mapping[str, Any], None, Unset] = UNSET,
        allow: Union[Sequence[str], Unset] = UNSET,
        approval: Union[Sequence[str], Unset] = UNSET,
        rename: Union[Mapping[str, str], Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        sampling: Union[models.SamplingSettings, Mapping[str, Any], None, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPServerView:
        """Update an MCP server. Active runs use it from their next call."""
        return self._transport.model(
            models.MCPServerView,
            Request(
                "PUT",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}",
                body={
                    "name": name,
                    "url": url,
                    "credential": credential,
                    "headers": headers,
                    "oauth": oauth,
                    "allow": allow,
                    "approval": approval,
                    "rename": rename,
                    "timeout_seconds": timeout_seconds,
                    "sampling": sampling,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_mcp_server(
        self,
        mcp_server_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete an MCP server with its approvals. One of the operator's comes back without them."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def approve_mcp(
        self,
        mcp_server_id: Id,
        *,
        tools: Union[Mapping[str, str], None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPToolList:
        """Approve tools as the server listed them last. Flows can use them until they change.

        Args:
            tools: Their hashes by name, so that what is approved is what was looked at. Null:
                all that were listed.
        """
        return self._transport.model(
            models.MCPToolList,
            Request(
                "POST",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}/approve",
                body={
                    "tools": tools,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def check_mcp_server(
        self,
        mcp_server_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPCheck:
        """Ask the server for its tools and keep the list. Approves none."""
        return self._transport.model(
            models.MCPCheck,
            Request(
                "POST",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}/check",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_mcp(
        self,
        mcp_server_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MCPToolList:
        """List the tools that the server listed last. The server is not contacted."""
        return self._transport.model(
            models.MCPToolList,
            Request(
                "GET",
                f"/api/agent-builder/mcp-servers/{segment(mcp_server_id, 'mcp_server_id')}/tools",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_ap_is(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIList:
        """List the APIs by name."""
        return self._transport.model(
            models.APIList,
            Request(
                "GET",
                "/api/agent-builder/openapi-tools",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create_api(
        self,
        name: str,
        *,
        url: Union[str, Unset] = UNSET,
        document: Union[str, Mapping[str, Any], None, Unset] = UNSET,
        base_url: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        operations: Union[Sequence[str], Unset] = UNSET,
        approval: Union[Sequence[str], Unset] = UNSET,
        rename: Union[Mapping[str, str], Unset] = UNSET,
        fixed: Union[Mapping[str, Any], Unset] = UNSET,
        answer_paths: Union[Mapping[str, Sequence[str]], Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        max_bytes: Union[int, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIView:
        """Read an OpenAPI document and store its API. A document at a URL is downloaded now.

        Args:
            name: The name that flows use. Unique in the workspace.
            url: Where the document is downloaded from. A private IP address needs the
                operator's `egress_allow`.
            document: The document itself: JSON or YAML as text, or JSON as an object.
            base_url: Where the API is. It may look up workspace variables: `{{ env.shop_url
                }}/v1`. Empty: the first server of the document.
            credential: Name of a credential that is sent with each request. It must allow the
                host of the API. Empty: none.
            headers: More headers of each request. Their values may look up workspace variables:
                `{{ env.tenant }}`.
            operations: IDs of the operations that flows can use. `*`: all.
            approval: Operations that ask a person before each call. `unsafe`: all but GET, HEAD
                and OPTIONS. `*`: all.
            rename: Names that models see, by operation. Others get `<name>_<operation>`.
            fixed: Arguments that no model chooses, by name: `{"owner": "acme"}`.
            answer_paths: Parts of the answers that are kept, by operation: `{"listOrders":
                ["items.*.id"]}`.
            timeout_seconds: Maximum time of one request.
            max_bytes: Maximum size of one answer.
        """
        return self._transport.model(
            models.APIView,
            Request(
                "POST",
                "/api/agent-builder/openapi-tools",
                body={
                    "name": name,
                    "url": url,
                    "document": document,
                    "base_url": base_url,
                    "credential": credential,
                    "headers": headers,
                    "operations": operations,
                    "approval": approval,
                    "rename": rename,
                    "fixed": fixed,
                    "answer_paths": answer_paths,
                    "timeout_seconds": timeout_seconds,
                    "max_bytes": max_bytes,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get_api(
        self,
        api_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIView:
        """Return an API."""
        return self._transport.model(
            models.APIView,
            Request(
                "GET",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_api(
        self,
        api_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        url: Union[str, Unset] = UNSET,
        document: Union[str, Mapping[str, Any], Unset] = UNSET,
        base_url: Union[str, Unset] = UNSET,
        credential: Union[str, Unset] = UNSET,
        headers: Union[Mapping[str, str], Unset] = UNSET,
        operations: Union[Sequence[str], Unset] = UNSET,
        approval: Union[Sequence[str], Unset] = UNSET,
        rename: Union[Mapping[str, str], Unset] = UNSET,
        fixed: Union[Mapping[str, Any], Unset] = UNSET,
        answer_paths: Union[Mapping[str, Sequence[str]], Unset] = UNSET,
        timeout_seconds: Union[float, Unset] = UNSET,
        max_bytes: Union[int, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIView:
        """Update an API. Active runs go on with what they began with.

        Args:
            url: Another URL is downloaded at once.
        """
        return self._transport.model(
            models.APIView,
            Request(
                "PUT",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}",
                body={
                    "name": name,
                    "url": url,
                    "document": document,
                    "base_url": base_url,
                    "credential": credential,
                    "headers": headers,
                    "operations": operations,
                    "approval": approval,
                    "rename": rename,
                    "fixed": fixed,
                    "answer_paths": answer_paths,
                    "timeout_seconds": timeout_seconds,
                    "max_bytes": max_bytes,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete_api(
        self,
        api_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete an API. Its credential stays."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_api_operations(
        self,
        api_id: Id,
        *,
        search: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIOperationList:
        """List the operations of the document, from which `operations` chooses."""
        return self._transport.model(
            models.APIOperationList,
            Request(
                "GET",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}/operations",
                query={
                    "search": search,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def refresh_api(
        self,
        api_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIView:
        """Download the document again. Operations stay as they were if it lacks one that was
        chosen.
        """
        return self._transport.model(
            models.APIView,
            Request(
                "POST",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}/refresh",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_api(
        self,
        api_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.APIToolList:
        """List the chosen operations as tools, with the JSON Schema of their arguments."""
        return self._transport.model(
            models.APIToolList,
            Request(
                "GET",
                f"/api/agent-builder/openapi-tools/{segment(api_id, 'api_id')}/tools",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Tools:
        """List the tools with the JSON Schema of their arguments and of their configuration.

        A tool of an MCP server is in a flow as `{"name": "mcp", "server": …, "tool": …}`, an
        operation of an API as `{"name": "openapi", "api": …, "operation": …}`.
        """
        return self._transport.model(
            models.Tools,
            Request(
                "GET",
                "/api/agent-builder/tools",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Users:
    """Users."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawUsers:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawUsers

        return RawUsers(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberList:
        """List the users of your workspace, in the order in which they joined."""
        return self._transport.model(
            models.MemberList,
            Request(
                "GET",
                "/api/agent-builder/users",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        email: str,
        role: Literal["editor", "owner", "runner", "viewer"],
        *,
        name: Union[str, Unset] = UNSET,
        password: Union[str, None, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberView:
        """Create a user in your workspace.

        If the address has an account on this server already, its user becomes a member by
        accepting (`POST /invitations/{id}/accept`), and keeps their name and password. The
        answer is the same: it does not show who else uses the server. The number of users per
        hour is limited (`rate_new_users`).

        Args:
            password: 12 to 1,024 characters. Null: no login with a password.
        """
        return self._transport.model(
            models.MemberView,
            Request(
                "POST",
                "/api/agent-builder/users",
                body={
                    "email": email,
                    "role": role,
                    "name": name,
                    "password": password,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        user_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberView:
        """Return a user of your workspace."""
        return self._transport.model(
            models.MemberView,
            Request(
                "GET",
                f"/api/agent-builder/users/{segment(user_id, 'user_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        user_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        disabled: Union[bool, Unset] = UNSET,
        password: Union[str, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberView:
        """Rename, disable or enable a user, or set a new password.

        One who is in other workspaces too is not this one's to change: their membership here
        is.

        Args:
            disabled: True: the logins of the user end and the keys stop working.
            password: A new password. All logins of the user end.
        """
        return self._transport.model(
            models.MemberView,
            Request(
                "PUT",
                f"/api/agent-builder/users/{segment(user_id, 'user_id')}",
                body={
                    "name": name,
                    "disabled": disabled,
                    "password": password,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Variables:
    """Variables."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawVariables:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawVariables

        return RawVariables(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VariableList:
        """List the variables by name and label, without the values of secrets."""
        return self._transport.model(
            models.VariableList,
            Request(
                "GET",
                "/api/agent-builder/variables",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        name: str,
        value: Any,
        *,
        label: Union[str, Unset] = UNSET,
        secret: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VariableView:
        """Store a value under a name and a label. Runs that start from now on use it.

        Args:
            name: Flows read it as `env.<name>`.
            value: JSON. Of a secret variable a text of 8 to 8,192 characters, which is never
                returned.
            label: Label of flow versions whose runs get this value. Empty: the default value.
            secret: Whether it is a secret: encrypted, and only for headers of requests. The
                same under all labels.
        """
        return self._transport.model(
            models.VariableView,
            Request(
                "POST",
                "/api/agent-builder/variables",
                body={
                    "name": name,
                    "value": value,
                    "label": label,
                    "secret": secret,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        variable_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VariableView:
        """Return a variable; of a secret one everything but the value."""
        return self._transport.model(
            models.VariableView,
            Request(
                "GET",
                f"/api/agent-builder/variables/{segment(variable_id, 'variable_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        variable_id: Id,
        value: Any,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.VariableView:
        """Update the value. Active runs keep their value, but use a new secret from their next
        request.
        """
        return self._transport.model(
            models.VariableView,
            Request(
                "PUT",
                f"/api/agent-builder/variables/{segment(variable_id, 'variable_id')}",
                body={
                    "value": value,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        variable_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a variable under its label. Flows that read it fail if no other value is left."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/variables/{segment(variable_id, 'variable_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class WebhookTargets:
    """Webhook targets."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawWebhookTargets:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawWebhookTargets

        return RawWebhookTargets(self._transport)

    def list(
        self,
        *,
        flow_id: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TargetList:
        """List webhook targets, the newest first.

        Args:
            flow_id: Only those of this flow.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.TargetList,
            Request(
                "GET",
                "/api/agent-builder/webhook-targets",
                query={
                    "flow_id": flow_id,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        *,
        url: Union[str, None, Unset] = UNSET,
        mail: Union[models.MailRoute, Mapping[str, Any], None, Unset] = UNSET,
        flow_id: Union[str, None, Unset] = UNSET,
        events: Union[Sequence[Literal["input.requested", "run.cancelled", "run.completed", "run.failed"]], None, Unset] = UNSET,
        with_output: Union[bool, Unset] = UNSET,
        secret: Union[str, None, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TargetWithSecret:
        """Have it sent that runs end or ask. The answer has the secret, which is not shown again.

        Args:
            url: Where deliveries go by POST, signed as Standard Webhooks says.
            mail: The mail server by which questions go to a person, with a link that answers
                them.
            flow_id: The flow. Null: all flows of the workspace.
            events: `run.completed`, `run.failed`, `run.cancelled` and `input.requested`. Null:
                all but `run.cancelled`; by `mail` only `input.requested`.
            with_output: Whether deliveries have the output of runs. It needs `sessions:all`:
                runs of all users are sent.
            secret: Base64, with or without `whsec_` before it. Null: the server makes one.
            name: Empty: the host of the URL, or the email address.
            enabled: False: paused, and nothing is kept for it.
        """
        return self._transport.model(
            models.TargetWithSecret,
            Request(
                "POST",
                "/api/agent-builder/webhook-targets",
                body={
                    "url": url,
                    "mail": mail,
                    "flow_id": flow_id,
                    "events": events,
                    "with_output": with_output,
                    "secret": secret,
                    "name": name,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        webhook_target_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TargetView:
        """Return a webhook target, without its secret."""
        return self._transport.model(
            models.TargetView,
            Request(
                "GET",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        webhook_target_id: Id,
        *,
        url: Union[str, Unset] = UNSET,
        mail: Union[models.MailRoute, Mapping[str, Any], Unset] = UNSET,
        events: Union[Sequence[Literal["input.requested", "run.cancelled", "run.completed", "run.failed"]], Unset] = UNSET,
        with_output: Union[bool, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TargetView:
        """Update, pause or resume a webhook target. From then on it is that of who asks."""
        return self._transport.model(
            models.TargetView,
            Request(
                "PUT",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}",
                body={
                    "url": url,
                    "mail": mail,
                    "events": events,
                    "with_output": with_output,
                    "name": name,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        webhook_target_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a webhook target with its deliveries, also those that wait."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_deliveries(
        self,
        webhook_target_id: Id,
        *,
        status: Optional[Literal["dead", "delivered", "waiting"]] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DeliveryList:
        """List the deliveries to a target, the newest first. Those that were given up are `dead`.

        Args:
            status: Only those of this status.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.DeliveryList,
            Request(
                "GET",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}/deliveries",
                query={
                    "status": status,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def redeliver(
        self,
        webhook_target_id: Id,
        delivery_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.DeliveryView:
        """Send a delivery again that was delivered or given up. It keeps its `id`."""
        return self._transport.model(
            models.DeliveryView,
            Request(
                "POST",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}/deliveries/{segment(delivery_id, 'delivery_id')}/redeliver",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def rotate_secret(
        self,
        webhook_target_id: Id,
        *,
        secret: Union[str, None, Unset] = UNSET,
        keep_hours: Union[float, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.TargetWithSecret:
        """Replace the secret of a target. For `keep_hours`, deliveries are signed with both.

        Args:
            secret: Null: the server makes one.
            keep_hours: Hours that the secret before it stays valid.
        """
        return self._transport.model(
            models.TargetWithSecret,
            Request(
                "POST",
                f"/api/agent-builder/webhook-targets/{segment(webhook_target_id, 'webhook_target_id')}/rotate",
                body={
                    "secret": secret,
                    "keep_hours": keep_hours,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Webhooks:
    """Webhooks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawWebhooks:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawWebhooks

        return RawWebhooks(self._transport)

    def get_answer_page(
        self,
        token: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Return the question of a mail as a page with a form. Opening it answers nothing."""
        return self._transport.text(
            Request(
                "GET",
                f"/api/agent-builder/answers/{segment(token, 'token')}",
                hides=segment(token),
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def answer_by_mail(
        self,
        token: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> str:
        """Answer the question of a mail, once. The run resumes immediately."""
        return self._transport.text(
            Request(
                "POST",
                f"/api/agent-builder/answers/{segment(token, 'token')}",
                hides=segment(token),
                open=True,
                accept="*/*",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            )
        )

    def list(
        self,
        *,
        flow_id: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookList:
        """List webhooks, the newest first.

        Args:
            flow_id: Only those of this flow.
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.WebhookList,
            Request(
                "GET",
                "/api/agent-builder/webhooks",
                query={
                    "flow_id": flow_id,
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        flow_id: Id,
        style: Literal["github", "hmac", "slack", "standard", "token"],
        *,
        secret: Union[str, None, Unset] = UNSET,
        name: Union[str, Unset] = UNSET,
        header: Union[str, Unset] = UNSET,
        delivery_header: Union[str, Unset] = UNSET,
        answer: Union[Literal["async", "stream", "sync"], Unset] = UNSET,
        input: Union[Mapping[str, Any], None, Unset] = UNSET,
        version: Union[str, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookWithSecret:
        """Create a URL at which other services start a flow, with the rights of who asks.

        The answer has the secret. It is not shown again.

        Args:
            style: How a call proves the secret: `token` (in a header), `hmac` (HMAC-SHA256 of
                the body, in hex or base64), `github`, `slack` or `standard` (Standard
                Webhooks).
            secret: The secret, where the other service has made it, as Slack does. Null: the
                server makes one.
            name: Empty: the name of the flow.
            header: Header of the token or signature, for `token` and `hmac`. Empty:
                `X-Webhook-Token` or `X-Signature`.
            delivery_header: Header that names a delivery: a second call with the same name
                starts no run. Empty: that of the style, else `Idempotency-Key`.
            answer: `async`: 202 at once. `sync`: the answer of the run. `stream`: its
                Server-Sent Events.
            input: Input of the run. Texts are templates that may name `webhook.body`, `query`,
                `headers`, `time`, `id` and `name`. Null: the fields of the query and the body.
            version: Version to run: a number, a label or `draft`. Empty: the current one.
            enabled: False: paused.
        """
        return self._transport.model(
            models.WebhookWithSecret,
            Request(
                "POST",
                "/api/agent-builder/webhooks",
                body={
                    "flow_id": flow_id,
                    "style": style,
                    "secret": secret,
                    "name": name,
                    "header": header,
                    "delivery_header": delivery_header,
                    "answer": answer,
                    "input": input,
                    "version": version,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        webhook_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookView:
        """Return a webhook, without its secret."""
        return self._transport.model(
            models.WebhookView,
            Request(
                "GET",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def call(
        self,
        webhook_id: Id,
        body: Union[Any, Unset] = UNSET,
        *,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> Union[models.ExecutionAnswer, models.ChatAnswer, models.WebhookReceipt]:
        """Start the flow of a webhook, as other services do: the body and the query are its input.

        It needs no key: the call proves the secret of the webhook. With `answer` `sync`, the
        answer is that of the run; with `stream`, its Server-Sent Events, which the SDKs give as
        a raw answer only.

        Args:
            webhook_id: The token that ends the URL of the webhook.
            body: Text and bytes are sent as they are, all else as JSON. The content type is
                JSON's, unless a header says.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        found: Union[models.ExecutionAnswer, models.ChatAnswer, models.WebhookReceipt] = self._transport.value(
            Union[models.ExecutionAnswer, models.ChatAnswer, models.WebhookReceipt],
            Request(
                "POST",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}",
                content=body,
                open=True,
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )
        return found

    def update(
        self,
        webhook_id: Id,
        *,
        name: Union[str, Unset] = UNSET,
        header: Union[str, Unset] = UNSET,
        delivery_header: Union[str, Unset] = UNSET,
        answer: Union[Literal["async", "stream", "sync"], Unset] = UNSET,
        input: Union[Mapping[str, Any], None, Unset] = UNSET,
        version: Union[str, Unset] = UNSET,
        enabled: Union[bool, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookView:
        """Update, pause or resume a webhook. From then on its runs have the rights of who asks."""
        return self._transport.model(
            models.WebhookView,
            Request(
                "PUT",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}",
                body={
                    "name": name,
                    "header": header,
                    "delivery_header": delivery_header,
                    "answer": answer,
                    "input": input,
                    "version": version,
                    "enabled": enabled,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def delete(
        self,
        webhook_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Delete a webhook. Its URL stops working; its runs stay."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_calls(
        self,
        webhook_id: Id,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookCallList:
        """List the last calls of a webhook, the newest first, and why calls were refused.

        Args:
            limit: How many to return.
            cursor: The `next_cursor` of the page before.
        """
        return self._transport.model(
            models.WebhookCallList,
            Request(
                "GET",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}/calls",
                query={
                    "limit": limit,
                    "cursor": cursor,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def rotate_secret(
        self,
        webhook_id: Id,
        *,
        secret: Union[str, None, Unset] = UNSET,
        keep_hours: Union[float, Unset] = UNSET,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WebhookWithSecret:
        """Replace the secret of a webhook. The old one stays valid for `keep_hours`.

        Args:
            secret: Null: the server makes one.
            keep_hours: Hours that the secret before it stays valid.
        """
        return self._transport.model(
            models.WebhookWithSecret,
            Request(
                "POST",
                f"/api/agent-builder/webhooks/{segment(webhook_id, 'webhook_id')}/rotate",
                body={
                    "secret": secret,
                    "keep_hours": keep_hours,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Workflows:
    """Workflows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawWorkflows:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawWorkflows

        return RawWorkflows(self._transport)

    def list(
        self,
        *,
        skip: Optional[int] = None,
        limit: Optional[int] = None,
        search: Optional[str] = None,
        after: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WorkflowPage:
        """List workflows, the newest first.

        Args:
            skip: How many to leave out first.
            limit: How many to return.
            search: Text in the name, description or tags.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
        """
        return self._transport.model(
            models.WorkflowPage,
            Request(
                "GET",
                "/api/agent-builder/workflows",
                query={
                    "skip": skip,
                    "limit": limit,
                    "search": search,
                    "after": after,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        search: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[Union[models.ChatflowView, models.AgentflowView]]:
        """Go through all that `list` lists, page by page."""
        skip: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list(
                skip=skip,
                limit=limit,
                search=search,
                after=after,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.workflows:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.workflows)
            if not answer.workflows or seen >= answer.total:
                return
            skip = seen

    def get(
        self,
        workflow_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Union[models.ChatflowView, models.AgentflowView]:
        """Return a flow of any kind."""
        found: Union[models.ChatflowView, models.AgentflowView] = self._transport.value(
            Union[models.ChatflowView, models.AgentflowView],
            Request(
                "GET",
                f"/api/agent-builder/workflows/{segment(workflow_id, 'workflow_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
        return found

    def execute(
        self,
        workflow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> models.ExecutionAnswer:
        """Run a flow of any kind and return its output.

        A chatflow takes the message as `input_data.message`, and `input_data.session_id` if it
        is to go on with a session.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
        """
        return self._transport.model(
            models.ExecutionAnswer,
            Request(
                "POST",
                f"/api/agent-builder/workflows/{segment(workflow_id, 'workflow_id')}/execute",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
        )

    def execute_stream(
        self,
        workflow_id: Id,
        input_data: Union[Mapping[str, Any], Unset] = UNSET,
        *,
        variables: Union[Mapping[str, Any], Unset] = UNSET,
        limits: Union[models.FlowLimits, Mapping[str, Any], None, Unset] = UNSET,
        version: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        after: Optional[Id] = None,
        last_event_id: Optional[Id] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
        raise_on_failure: Optional[bool] = None,
    ) -> EventStream[models.ExecutionEvent]:
        """Run a flow of any kind and stream its events. The data of the last event is `[DONE]`.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on
        with its run.

        Args:
            version: Version to run: a number, a label, `draft`, or `current`. Default: the
                current one.
            input_data: Input of the run. Nodes read it as `input.<name>`.
            variables: Initial variables. Nodes read them as `variables.<name>`.
            limits: Limits of this run, instead of the flow's. They cannot exceed the server's
                settings.
            idempotency_key: A name for this call; made where it is left out. Repetitions carry
                the same.
            after: The event after which to go on; the same as `last_event_id`.
            last_event_id: The `last_event_id` of a stream that was left: it goes on from there.
        """
        stream: EventStream[models.ExecutionEvent] = EventStream(
            self._transport,
            models.ExecutionEvent,
            Request(
                "POST",
                f"/api/agent-builder/workflows/{segment(workflow_id, 'workflow_id')}/execute/stream",
                query={
                    "version": version,
                },
                body={
                    "input_data": input_data,
                    "variables": variables,
                    "limits": limits,
                },
                keyed=True,
                key=idempotency_key,
                accept="text/event-stream",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries, raise_on_failure=raise_on_failure),
            ),
            last=("complete", "error"),
            after=last_event_id if last_event_id is not None else after,
        )
        return stream

    def list_executions(
        self,
        workflow_id: Id,
        *,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        after: Optional[str] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowExecutionPage:
        """List a workflow's executions, the newest first.

        Args:
            limit: How many to return.
            offset: How many to leave out first.
            after: Go on after the page before: its `next_cursor`. Not with a page or an offset.
            status: Only those of this status.
            from_: Only those accepted then or later: a date or time, ISO 8601.
            to: Only those accepted before then: a date or time.
        """
        return self._transport.model(
            models.FlowExecutionPage,
            Request(
                "GET",
                f"/api/agent-builder/workflows/{segment(workflow_id, 'workflow_id')}/executions",
                query={
                    "limit": limit,
                    "offset": offset,
                    "after": after,
                    "status": status,
                    "from": from_,
                    "to": to,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def iterate_executions(
        self,
        workflow_id: Id,
        *,
        limit: Optional[int] = None,
        status: Optional[Literal["cancelled", "completed", "failed", "pending", "running", "timeout", "waiting_approval"]] = None,
        from_: Optional[str] = None,
        to: Optional[str] = None,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> Iterator[models.FlowExecution]:
        """Go through all that `list_executions` lists, page by page."""
        offset: Optional[int] = None
        after: Optional[str] = None
        seen = 0
        while True:
            answer = self.list_executions(
                workflow_id,
                limit=limit,
                offset=offset,
                after=after,
                status=status,
                from_=from_,
                to=to,
                timeout=timeout,
                extra_headers=extra_headers,
                max_retries=max_retries,
            )
            for item in answer.executions:
                yield item
            if answer.next_cursor:
                after = answer.next_cursor
                continue
            if after is not None:
                return
            seen += len(answer.executions)
            if not answer.executions or seen >= answer.total:
                return
            offset = seen

    def get_execution(
        self,
        workflow_id: Id,
        execution_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.FlowExecutionDetails:
        """Return an execution of a workflow with its input, output, nodes and tokens."""
        return self._transport.model(
            models.FlowExecutionDetails,
            Request(
                "GET",
                f"/api/agent-builder/workflows/{segment(workflow_id, 'workflow_id')}/executions/{segment(execution_id, 'execution_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )


class Workspaces:
    """Workspaces."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def with_raw_response(self) -> raw_resources.RawWorkspaces:
        """The same calls, which give answers as they came: with their status and headers."""
        from .raw_resources import RawWorkspaces

        return RawWorkspaces(self._transport)

    def list(
        self,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WorkspaceList:
        """List the workspaces that you can use."""
        return self._transport.model(
            models.WorkspaceList,
            Request(
                "GET",
                "/api/agent-builder/workspaces",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def create(
        self,
        slug: str,
        name: str,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WorkspaceView:
        """Create a workspace. You become its owner.

        Args:
            slug: Its name in URLs and tokens: lower-case letters, digits and dashes.
        """
        return self._transport.model(
            models.WorkspaceView,
            Request(
                "POST",
                "/api/agent-builder/workspaces",
                body={
                    "slug": slug,
                    "name": name,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def get(
        self,
        workspace_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WorkspaceView:
        """Return your current workspace, by ID or slug."""
        return self._transport.model(
            models.WorkspaceView,
            Request(
                "GET",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update(
        self,
        workspace_id: Id,
        name: str,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.WorkspaceView:
        """Rename your current workspace."""
        return self._transport.model(
            models.WorkspaceView,
            Request(
                "PUT",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}",
                body={
                    "name": name,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_invitations(
        self,
        workspace_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberList:
        """List the open invitations of your current workspace."""
        return self._transport.model(
            models.MemberList,
            Request(
                "GET",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/invitations",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def withdraw_invitation(
        self,
        workspace_id: Id,
        invitation_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Withdraw an invitation."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/invitations/{segment(invitation_id, 'invitation_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def list_members(
        self,
        workspace_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberList:
        """List the members of your current workspace."""
        return self._transport.model(
            models.MemberList,
            Request(
                "GET",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/members",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def add_member(
        self,
        workspace_id: Id,
        email: str,
        role: Literal["editor", "owner", "runner", "viewer"],
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberView:
        """Invite an email address to your current workspace.

        The user becomes a member by accepting (`POST /invitations/{id}/accept`). The answer is
        the same whether a user has the address or not.
        """
        return self._transport.model(
            models.MemberView,
            Request(
                "POST",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/members",
                body={
                    "email": email,
                    "role": role,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def update_member(
        self,
        workspace_id: Id,
        user_id: Id,
        role: Literal["editor", "owner", "runner", "viewer"],
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.MemberView:
        """Change the role of a member. Streams that are no longer allowed end within five seconds."""
        return self._transport.model(
            models.MemberView,
            Request(
                "PUT",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/members/{segment(user_id, 'user_id')}",
                body={
                    "role": role,
                },
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )

    def remove_member(
        self,
        workspace_id: Id,
        user_id: Id,
        *,
        timeout: Timeout = UNSET,
        extra_headers: Optional[Mapping[str, str]] = None,
        max_retries: Optional[int] = None,
    ) -> models.Deleted:
        """Remove a member. The member's keys of this workspace stop working."""
        return self._transport.model(
            models.Deleted,
            Request(
                "DELETE",
                f"/api/agent-builder/workspaces/{segment(workspace_id, 'workspace_id')}/members/{segment(user_id, 'user_id')}",
                options=Options(timeout=timeout, extra_headers=extra_headers, max_retries=max_retries),
            ),
        )
