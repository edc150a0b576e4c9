"""The calls, asynchronously, that give answers as they came: `with_raw_response` of each resource."""

from __future__ import annotations

from . import async_resources
from .async_transport import AsyncTransport
from .raw_response import asynchronous_raw

__all__ = [
    "AsyncRawAccount",
    "AsyncRawAgentflows",
    "AsyncRawAgents",
    "AsyncRawAudit",
    "AsyncRawChatflows",
    "AsyncRawCostTracking",
    "AsyncRawCredentials",
    "AsyncRawEmbeds",
    "AsyncRawExecutions",
    "AsyncRawFlows",
    "AsyncRawHealth",
    "AsyncRawKeys",
    "AsyncRawKnowledgeBases",
    "AsyncRawMemories",
    "AsyncRawMetrics",
    "AsyncRawModels",
    "AsyncRawNodeTypes",
    "AsyncRawSchedules",
    "AsyncRawSessions",
    "AsyncRawTemplates",
    "AsyncRawTools",
    "AsyncRawUsers",
    "AsyncRawVariables",
    "AsyncRawWebhookTargets",
    "AsyncRawWebhooks",
    "AsyncRawWorkflows",
    "AsyncRawWorkspaces",
]


class AsyncRawAccount:
    """Account."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncAccount(transport.as_raw())
        self.login = asynchronous_raw(calls.login)
        self.logout = asynchronous_raw(calls.logout)
        self.who_am_i = asynchronous_raw(calls.who_am_i)
        self.change_password = asynchronous_raw(calls.change_password)
        self.refresh_login = asynchronous_raw(calls.refresh_login)
        self.list_my_invitations = asynchronous_raw(calls.list_my_invitations)
        self.decline_invitation = asynchronous_raw(calls.decline_invitation)
        self.accept_invitation = asynchronous_raw(calls.accept_invitation)
        self.create_ticket = asynchronous_raw(calls.create_ticket)


class AsyncRawAgentflows:
    """Agentflows."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncAgentflows(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.list_attached_agents = asynchronous_raw(calls.list_attached_agents)
        self.attach_agent = asynchronous_raw(calls.attach_agent)
        self.get_attached_agent = asynchronous_raw(calls.get_attached_agent)
        self.update_attached_agent = asynchronous_raw(calls.update_attached_agent)
        self.detach_agent = asynchronous_raw(calls.detach_agent)
        self.execute = asynchronous_raw(calls.execute)
        self.plan = asynchronous_raw(calls.plan)
        self.list_executions = asynchronous_raw(calls.list_executions)
        self.get_execution = asynchronous_raw(calls.get_execution)
        self.validate = asynchronous_raw(calls.validate)


class AsyncRawAgents:
    """Agents."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncAgents(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)


class AsyncRawAudit:
    """Audit."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncAudit(transport.as_raw())
        self.list = asynchronous_raw(calls.list)


class AsyncRawChatflows:
    """Chatflows."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncChatflows(transport.as_raw())
        self.check_connection = asynchronous_raw(calls.check_connection)
        self.delete_agent_session = asynchronous_raw(calls.delete_agent_session)
        self.get_agent_session = asynchronous_raw(calls.get_agent_session)
        self.get_messages = asynchronous_raw(calls.get_messages)
        self.send_message = asynchronous_raw(calls.send_message)
        self.chat = asynchronous_raw(calls.chat)
        self.chat_with_flow = asynchronous_raw(calls.chat_with_flow)
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.validate = asynchronous_raw(calls.validate)


class AsyncRawCostTracking:
    """Cost tracking."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncCostTracking(transport.as_raw())
        self.list_budgets = asynchronous_raw(calls.list_budgets)
        self.create_budget = asynchronous_raw(calls.create_budget)
        self.get_budget = asynchronous_raw(calls.get_budget)
        self.update_budget = asynchronous_raw(calls.update_budget)
        self.delete_budget = asynchronous_raw(calls.delete_budget)
        self.dashboard = asynchronous_raw(calls.dashboard)
        self.estimate = asynchronous_raw(calls.estimate)
        self.list_pricing = asynchronous_raw(calls.list_pricing)
        self.set_pricing = asynchronous_raw(calls.set_pricing)
        self.record = asynchronous_raw(calls.record)


class AsyncRawCredentials:
    """Credentials."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncCredentials(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.begin_authorization = asynchronous_raw(calls.begin_authorization)
        self.finish_authorization = asynchronous_raw(calls.finish_authorization)
        self.list_o_auth_clients = asynchronous_raw(calls.list_o_auth_clients)


class AsyncRawEmbeds:
    """Embeds."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncEmbeds(transport.as_raw())
        self.put = asynchronous_raw(calls.put)
        self.get_widget_module = asynchronous_raw(calls.get_widget_module)
        self.visitor_cancel = asynchronous_raw(calls.visitor_cancel)
        self.visitor_chat = asynchronous_raw(calls.visitor_chat)
        self.visitor_config = asynchronous_raw(calls.visitor_config)
        self.visitor_feedback = asynchronous_raw(calls.visitor_feedback)
        self.visitor_file = asynchronous_raw(calls.visitor_file)
        self.visitor_history = asynchronous_raw(calls.visitor_history)
        self.visitor_respond = asynchronous_raw(calls.visitor_respond)
        self.begin_visitor_session = asynchronous_raw(calls.begin_visitor_session)
        self.get_widget_script = asynchronous_raw(calls.get_widget_script)
        self.get_page = asynchronous_raw(calls.get_page)
        self.get = asynchronous_raw(calls.get)
        self.delete = asynchronous_raw(calls.delete)
        self.list_feedback = asynchronous_raw(calls.list_feedback)
        self.regenerate_token = asynchronous_raw(calls.regenerate_token)


class AsyncRawExecutions:
    """Executions."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncExecutions(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.compare = asynchronous_raw(calls.compare)
        self.stats = asynchronous_raw(calls.stats)
        self.get = asynchronous_raw(calls.get)
        self.cancel = asynchronous_raw(calls.cancel)
        self.rate = asynchronous_raw(calls.rate)
        self.fork = asynchronous_raw(calls.fork)
        self.draw = asynchronous_raw(calls.draw)
        self.list_inputs = asynchronous_raw(calls.list_inputs)
        self.lineage = asynchronous_raw(calls.lineage)
        self.logs = asynchronous_raw(calls.logs)
        self.replay = asynchronous_raw(calls.replay)
        self.respond = asynchronous_raw(calls.respond)
        self.resume = asynchronous_raw(calls.resume)
        self.state = asynchronous_raw(calls.state)
        self.feedback = asynchronous_raw(calls.feedback)
        self.list_open_inputs = asynchronous_raw(calls.list_open_inputs)


class AsyncRawFlows:
    """Flows."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncFlows(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.start_agentflow = asynchronous_raw(calls.start_agentflow)
        self.chat = asynchronous_raw(calls.chat)
        self.import_file = asynchronous_raw(calls.import_file)
        self.get = asynchronous_raw(calls.get)
        self.compare_versions = asynchronous_raw(calls.compare_versions)
        self.get_draft = asynchronous_raw(calls.get_draft)
        self.put_draft = asynchronous_raw(calls.put_draft)
        self.delete_draft = asynchronous_raw(calls.delete_draft)
        self.execute = asynchronous_raw(calls.execute)
        self.list_executions = asynchronous_raw(calls.list_executions)
        self.export = asynchronous_raw(calls.export)
        self.draw = asynchronous_raw(calls.draw)
        self.put_label = asynchronous_raw(calls.put_label)
        self.delete_label = asynchronous_raw(calls.delete_label)
        self.run_node = asynchronous_raw(calls.run_node)
        self.publish = asynchronous_raw(calls.publish)
        self.validate = asynchronous_raw(calls.validate)
        self.list_versions = asynchronous_raw(calls.list_versions)
        self.get_version = asynchronous_raw(calls.get_version)
        self.restore_version = asynchronous_raw(calls.restore_version)


class AsyncRawHealth:
    """Health."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncHealth(transport.as_raw())
        self.health = asynchronous_raw(calls.health)
        self.ready = asynchronous_raw(calls.ready)


class AsyncRawKeys:
    """Keys."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncKeys(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.revoke = asynchronous_raw(calls.revoke)
        self.roles = asynchronous_raw(calls.roles)


class AsyncRawKnowledgeBases:
    """Knowledge bases."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncKnowledgeBases(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.list_documents = asynchronous_raw(calls.list_documents)
        self.add_document = asynchronous_raw(calls.add_document)
        self.get_document = asynchronous_raw(calls.get_document)
        self.update_document = asynchronous_raw(calls.update_document)
        self.delete_document = asynchronous_raw(calls.delete_document)
        self.list_passages = asynchronous_raw(calls.list_passages)
        self.retry_document = asynchronous_raw(calls.retry_document)
        self.reindex = asynchronous_raw(calls.reindex)
        self.search = asynchronous_raw(calls.search)


class AsyncRawMemories:
    """Memories."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncMemories(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.put = asynchronous_raw(calls.put)
        self.delete = asynchronous_raw(calls.delete)


class AsyncRawMetrics:
    """Metrics."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncMetrics(transport.as_raw())
        self.json = asynchronous_raw(calls.json)
        self.prometheus = asynchronous_raw(calls.prometheus)
        self.summary = asynchronous_raw(calls.summary)


class AsyncRawModels:
    """Models."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncModels(transport.as_raw())
        self.list_connections = asynchronous_raw(calls.list_connections)
        self.create_connection = asynchronous_raw(calls.create_connection)
        self.get_connection = asynchronous_raw(calls.get_connection)
        self.update_connection = asynchronous_raw(calls.update_connection)
        self.delete_connection = asynchronous_raw(calls.delete_connection)
        self.list = asynchronous_raw(calls.list)


class AsyncRawNodeTypes:
    """Node types."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncNodeTypes(transport.as_raw())
        self.list = asynchronous_raw(calls.list)


class AsyncRawSchedules:
    """Schedules."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncSchedules(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.list_times = asynchronous_raw(calls.list_times)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.run = asynchronous_raw(calls.run)


class AsyncRawSessions:
    """Sessions."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncSessions(transport.as_raw())
        self.list_memory_strategies = asynchronous_raw(calls.list_memory_strategies)
        self.list = asynchronous_raw(calls.list)
        self.import_file = asynchronous_raw(calls.import_file)
        self.get = asynchronous_raw(calls.get)
        self.rename = asynchronous_raw(calls.rename)
        self.delete = asynchronous_raw(calls.delete)
        self.branch = asynchronous_raw(calls.branch)
        self.clear = asynchronous_raw(calls.clear)
        self.export = asynchronous_raw(calls.export)
        self.download = asynchronous_raw(calls.download)
        self.get_file = asynchronous_raw(calls.get_file)
        self.get_history = asynchronous_raw(calls.get_history)
        self.set_memory = asynchronous_raw(calls.set_memory)
        self.edit_message = asynchronous_raw(calls.edit_message)
        self.delete_message = asynchronous_raw(calls.delete_message)
        self.choose_message = asynchronous_raw(calls.choose_message)
        self.regenerate_message = asynchronous_raw(calls.regenerate_message)
        self.get_variables = asynchronous_raw(calls.get_variables)
        self.set_variables = asynchronous_raw(calls.set_variables)


class AsyncRawTemplates:
    """Templates."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncTemplates(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.get = asynchronous_raw(calls.get)
        self.draw = asynchronous_raw(calls.draw)


class AsyncRawTools:
    """Tools."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncTools(transport.as_raw())
        self.list_mcp_servers = asynchronous_raw(calls.list_mcp_servers)
        self.create_mcp_server = asynchronous_raw(calls.create_mcp_server)
        self.get_mcp_server = asynchronous_raw(calls.get_mcp_server)
        self.update_mcp_server = asynchronous_raw(calls.update_mcp_server)
        self.delete_mcp_server = asynchronous_raw(calls.delete_mcp_server)
        self.approve_mcp = asynchronous_raw(calls.approve_mcp)
        self.check_mcp_server = asynchronous_raw(calls.check_mcp_server)
        self.list_mcp = asynchronous_raw(calls.list_mcp)
        self.list_ap_is = asynchronous_raw(calls.list_ap_is)
        self.create_api = asynchronous_raw(calls.create_api)
        self.get_api = asynchronous_raw(calls.get_api)
        self.update_api = asynchronous_raw(calls.update_api)
        self.delete_api = asynchronous_raw(calls.delete_api)
        self.list_api_operations = asynchronous_raw(calls.list_api_operations)
        self.refresh_api = asynchronous_raw(calls.refresh_api)
        self.list_api = asynchronous_raw(calls.list_api)
        self.list = asynchronous_raw(calls.list)


class AsyncRawUsers:
    """Users."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncUsers(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)


class AsyncRawVariables:
    """Variables."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncVariables(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)


class AsyncRawWebhookTargets:
    """Webhook targets."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncWebhookTargets(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.list_deliveries = asynchronous_raw(calls.list_deliveries)
        self.redeliver = asynchronous_raw(calls.redeliver)
        self.rotate_secret = asynchronous_raw(calls.rotate_secret)


class AsyncRawWebhooks:
    """Webhooks."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncWebhooks(transport.as_raw())
        self.get_answer_page = asynchronous_raw(calls.get_answer_page)
        self.answer_by_mail = asynchronous_raw(calls.answer_by_mail)
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.call = asynchronous_raw(calls.call)
        self.update = asynchronous_raw(calls.update)
        self.delete = asynchronous_raw(calls.delete)
        self.list_calls = asynchronous_raw(calls.list_calls)
        self.rotate_secret = asynchronous_raw(calls.rotate_secret)


class AsyncRawWorkflows:
    """Workflows."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncWorkflows(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.get = asynchronous_raw(calls.get)
        self.execute = asynchronous_raw(calls.execute)
        self.list_executions = asynchronous_raw(calls.list_executions)
        self.get_execution = asynchronous_raw(calls.get_execution)


class AsyncRawWorkspaces:
    """Workspaces."""

    def __init__(self, transport: AsyncTransport) -> None:
        calls = async_resources.AsyncWorkspaces(transport.as_raw())
        self.list = asynchronous_raw(calls.list)
        self.create = asynchronous_raw(calls.create)
        self.get = asynchronous_raw(calls.get)
        self.update = asynchronous_raw(calls.update)
        self.list_invitations = asynchronous_raw(calls.list_invitations)
        self.withdraw_invitation = asynchronous_raw(calls.withdraw_invitation)
        self.list_members = asynchronous_raw(calls.list_members)
        self.add_member = asynchronous_raw(calls.add_member)
        self.update_member = asynchronous_raw(calls.update_member)
        self.remove_member = asynchronous_raw(calls.remove_member)
