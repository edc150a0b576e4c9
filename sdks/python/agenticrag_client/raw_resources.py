"""The calls that give answers as they came: `with_raw_response` of each resource."""

from __future__ import annotations

from . import resources
from .transport import Transport
from .raw_response import raw

__all__ = [
    "RawAccount",
    "RawAgentflows",
    "RawAgents",
    "RawAudit",
    "RawChatflows",
    "RawCostTracking",
    "RawCredentials",
    "RawEmbeds",
    "RawExecutions",
    "RawFlows",
    "RawHealth",
    "RawKeys",
    "RawKnowledgeBases",
    "RawMemories",
    "RawMetrics",
    "RawModels",
    "RawNodeTypes",
    "RawSchedules",
    "RawSessions",
    "RawTemplates",
    "RawTools",
    "RawUsers",
    "RawVariables",
    "RawWebhookTargets",
    "RawWebhooks",
    "RawWorkflows",
    "RawWorkspaces",
]


class RawAccount:
    """Account."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Account(transport.as_raw())
        self.login = raw(calls.login)
        self.logout = raw(calls.logout)
        self.who_am_i = raw(calls.who_am_i)
        self.change_password = raw(calls.change_password)
        self.refresh_login = raw(calls.refresh_login)
        self.list_my_invitations = raw(calls.list_my_invitations)
        self.decline_invitation = raw(calls.decline_invitation)
        self.accept_invitation = raw(calls.accept_invitation)
        self.create_ticket = raw(calls.create_ticket)


class RawAgentflows:
    """Agentflows."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Agentflows(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.list_attached_agents = raw(calls.list_attached_agents)
        self.attach_agent = raw(calls.attach_agent)
        self.get_attached_agent = raw(calls.get_attached_agent)
        self.update_attached_agent = raw(calls.update_attached_agent)
        self.detach_agent = raw(calls.detach_agent)
        self.execute = raw(calls.execute)
        self.plan = raw(calls.plan)
        self.list_executions = raw(calls.list_executions)
        self.get_execution = raw(calls.get_execution)
        self.validate = raw(calls.validate)


class RawAgents:
    """Agents."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Agents(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)


class RawAudit:
    """Audit."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Audit(transport.as_raw())
        self.list = raw(calls.list)


class RawChatflows:
    """Chatflows."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Chatflows(transport.as_raw())
        self.check_connection = raw(calls.check_connection)
        self.delete_agent_session = raw(calls.delete_agent_session)
        self.get_agent_session = raw(calls.get_agent_session)
        self.get_messages = raw(calls.get_messages)
        self.send_message = raw(calls.send_message)
        self.chat = raw(calls.chat)
        self.chat_with_flow = raw(calls.chat_with_flow)
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.validate = raw(calls.validate)


class RawCostTracking:
    """Cost tracking."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.CostTracking(transport.as_raw())
        self.list_budgets = raw(calls.list_budgets)
        self.create_budget = raw(calls.create_budget)
        self.get_budget = raw(calls.get_budget)
        self.update_budget = raw(calls.update_budget)
        self.delete_budget = raw(calls.delete_budget)
        self.dashboard = raw(calls.dashboard)
        self.estimate = raw(calls.estimate)
        self.list_pricing = raw(calls.list_pricing)
        self.set_pricing = raw(calls.set_pricing)
        self.record = raw(calls.record)


class RawCredentials:
    """Credentials."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Credentials(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.begin_authorization = raw(calls.begin_authorization)
        self.finish_authorization = raw(calls.finish_authorization)
        self.list_o_auth_clients = raw(calls.list_o_auth_clients)


class RawEmbeds:
    """Embeds."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Embeds(transport.as_raw())
        self.put = raw(calls.put)
        self.get_widget_module = raw(calls.get_widget_module)
        self.visitor_cancel = raw(calls.visitor_cancel)
        self.visitor_chat = raw(calls.visitor_chat)
        self.visitor_config = raw(calls.visitor_config)
        self.visitor_feedback = raw(calls.visitor_feedback)
        self.visitor_file = raw(calls.visitor_file)
        self.visitor_history = raw(calls.visitor_history)
        self.visitor_respond = raw(calls.visitor_respond)
        self.begin_visitor_session = raw(calls.begin_visitor_session)
        self.get_widget_script = raw(calls.get_widget_script)
        self.get_page = raw(calls.get_page)
        self.get = raw(calls.get)
        self.delete = raw(calls.delete)
        self.list_feedback = raw(calls.list_feedback)
        self.regenerate_token = raw(calls.regenerate_token)


class RawExecutions:
    """Executions."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Executions(transport.as_raw())
        self.list = raw(calls.list)
        self.compare = raw(calls.compare)
        self.stats = raw(calls.stats)
        self.get = raw(calls.get)
        self.cancel = raw(calls.cancel)
        self.rate = raw(calls.rate)
        self.fork = raw(calls.fork)
        self.draw = raw(calls.draw)
        self.list_inputs = raw(calls.list_inputs)
        self.lineage = raw(calls.lineage)
        self.logs = raw(calls.logs)
        self.replay = raw(calls.replay)
        self.respond = raw(calls.respond)
        self.resume = raw(calls.resume)
        self.state = raw(calls.state)
        self.feedback = raw(calls.feedback)
        self.list_open_inputs = raw(calls.list_open_inputs)


class RawFlows:
    """Flows."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Flows(transport.as_raw())
        self.list = raw(calls.list)
        self.start_agentflow = raw(calls.start_agentflow)
        self.chat = raw(calls.chat)
        self.import_file = raw(calls.import_file)
        self.get = raw(calls.get)
        self.compare_versions = raw(calls.compare_versions)
        self.get_draft = raw(calls.get_draft)
        self.put_draft = raw(calls.put_draft)
        self.delete_draft = raw(calls.delete_draft)
        self.execute = raw(calls.execute)
        self.list_executions = raw(calls.list_executions)
        self.export = raw(calls.export)
        self.draw = raw(calls.draw)
        self.put_label = raw(calls.put_label)
        self.delete_label = raw(calls.delete_label)
        self.run_node = raw(calls.run_node)
        self.publish = raw(calls.publish)
        self.validate = raw(calls.validate)
        self.list_versions = raw(calls.list_versions)
        self.get_version = raw(calls.get_version)
        self.restore_version = raw(calls.restore_version)


class RawHealth:
    """Health."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Health(transport.as_raw())
        self.health = raw(calls.health)
        self.ready = raw(calls.ready)


class RawKeys:
    """Keys."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Keys(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.revoke = raw(calls.revoke)
        self.roles = raw(calls.roles)


class RawKnowledgeBases:
    """Knowledge bases."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.KnowledgeBases(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.list_documents = raw(calls.list_documents)
        self.add_document = raw(calls.add_document)
        self.get_document = raw(calls.get_document)
        self.update_document = raw(calls.update_document)
        self.delete_document = raw(calls.delete_document)
        self.list_passages = raw(calls.list_passages)
        self.retry_document = raw(calls.retry_document)
        self.reindex = raw(calls.reindex)
        self.search = raw(calls.search)


class RawMemories:
    """Memories."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Memories(transport.as_raw())
        self.list = raw(calls.list)
        self.put = raw(calls.put)
        self.delete = raw(calls.delete)


class RawMetrics:
    """Metrics."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Metrics(transport.as_raw())
        self.json = raw(calls.json)
        self.prometheus = raw(calls.prometheus)
        self.summary = raw(calls.summary)


class RawModels:
    """Models."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Models(transport.as_raw())
        self.list_connections = raw(calls.list_connections)
        self.create_connection = raw(calls.create_connection)
        self.get_connection = raw(calls.get_connection)
        self.update_connection = raw(calls.update_connection)
        self.delete_connection = raw(calls.delete_connection)
        self.list = raw(calls.list)


class RawNodeTypes:
    """Node types."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.NodeTypes(transport.as_raw())
        self.list = raw(calls.list)


class RawSchedules:
    """Schedules."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Schedules(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.list_times = raw(calls.list_times)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.run = raw(calls.run)


class RawSessions:
    """Sessions."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Sessions(transport.as_raw())
        self.list_memory_strategies = raw(calls.list_memory_strategies)
        self.list = raw(calls.list)
        self.import_file = raw(calls.import_file)
        self.get = raw(calls.get)
        self.rename = raw(calls.rename)
        self.delete = raw(calls.delete)
        self.branch = raw(calls.branch)
        self.clear = raw(calls.clear)
        self.export = raw(calls.export)
        self.download = raw(calls.download)
        self.get_file = raw(calls.get_file)
        self.get_history = raw(calls.get_history)
        self.set_memory = raw(calls.set_memory)
        self.edit_message = raw(calls.edit_message)
        self.delete_message = raw(calls.delete_message)
        self.choose_message = raw(calls.choose_message)
        self.regenerate_message = raw(calls.regenerate_message)
        self.get_variables = raw(calls.get_variables)
        self.set_variables = raw(calls.set_variables)


class RawTemplates:
    """Templates."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Templates(transport.as_raw())
        self.list = raw(calls.list)
        self.get = raw(calls.get)
        self.draw = raw(calls.draw)


class RawTools:
    """Tools."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Tools(transport.as_raw())
        self.list_mcp_servers = raw(calls.list_mcp_servers)
        self.create_mcp_server = raw(calls.create_mcp_server)
        self.get_mcp_server = raw(calls.get_mcp_server)
        self.update_mcp_server = raw(calls.update_mcp_server)
        self.delete_mcp_server = raw(calls.delete_mcp_server)
        self.approve_mcp = raw(calls.approve_mcp)
        self.check_mcp_server = raw(calls.check_mcp_server)
        self.list_mcp = raw(calls.list_mcp)
        self.list_ap_is = raw(calls.list_ap_is)
        self.create_api = raw(calls.create_api)
        self.get_api = raw(calls.get_api)
        self.update_api = raw(calls.update_api)
        self.delete_api = raw(calls.delete_api)
        self.list_api_operations = raw(calls.list_api_operations)
        self.refresh_api = raw(calls.refresh_api)
        self.list_api = raw(calls.list_api)
        self.list = raw(calls.list)


class RawUsers:
    """Users."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Users(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)


class RawVariables:
    """Variables."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Variables(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)


class RawWebhookTargets:
    """Webhook targets."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.WebhookTargets(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.list_deliveries = raw(calls.list_deliveries)
        self.redeliver = raw(calls.redeliver)
        self.rotate_secret = raw(calls.rotate_secret)


class RawWebhooks:
    """Webhooks."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Webhooks(transport.as_raw())
        self.get_answer_page = raw(calls.get_answer_page)
        self.answer_by_mail = raw(calls.answer_by_mail)
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.call = raw(calls.call)
        self.update = raw(calls.update)
        self.delete = raw(calls.delete)
        self.list_calls = raw(calls.list_calls)
        self.rotate_secret = raw(calls.rotate_secret)


class RawWorkflows:
    """Workflows."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Workflows(transport.as_raw())
        self.list = raw(calls.list)
        self.get = raw(calls.get)
        self.execute = raw(calls.execute)
        self.list_executions = raw(calls.list_executions)
        self.get_execution = raw(calls.get_execution)


class RawWorkspaces:
    """Workspaces."""

    def __init__(self, transport: Transport) -> None:
        calls = resources.Workspaces(transport.as_raw())
        self.list = raw(calls.list)
        self.create = raw(calls.create)
        self.get = raw(calls.get)
        self.update = raw(calls.update)
        self.list_invitations = raw(calls.list_invitations)
        self.withdraw_invitation = raw(calls.withdraw_invitation)
        self.list_members = raw(calls.list_members)
        self.add_member = raw(calls.add_member)
        self.update_member = raw(calls.update_member)
        self.remove_member = raw(calls.remove_member)
