"""Opens what accepts, drives, follows and changes runs and sessions."""

from contextlib import AsyncExitStack

from persistence.library.session_words import SessionWords
from persistence.library.thread_lists import ThreadLists
from persistence.runs.recorded_runs import RecordedRuns
from persistence.runs.responses import Responses
from persistence.storage.database import Database
from server.compilation.langgraph_engine import Engine
from server.components import Process, Runs, Stores
from server.flow_choice.named_flows import NamedFlows
from server.flows.flow_editor import FlowEditor
from server.mcp.mcp_servers import MCPServers
from server.openapi.workspace_apis import APIs
from server.protocols.agui.agent_runs import AgentRuns
from server.protocols.langgraph.assistants.assistants import Assistants
from server.protocols.langgraph.runs.run_orders import RunOrders
from server.protocols.langgraph.runs.run_streams import RunStreams
from server.protocols.langgraph.runs.runs import Runs as LangGraphRuns
from server.protocols.langgraph.thread_streams import ThreadStreams
from server.protocols.langgraph.threads.threads import Threads
from server.protocols.mcp.tool_calls import ToolCalls
from server.protocols.mcp.tools import Tools
from server.protocols.openai.chats import ChatCompletions
from server.protocols.openai.conversations import Conversations as OpenAIConversations
from server.protocols.openai.responses import StoredResponses
from server.protocols.vercel.ui_chats import UiChats
from server.recorded_runs.comparisons import Comparisons
from server.recorded_runs.continued_runs import ContinuedRuns
from server.recorded_runs.node_runs import NodeRuns
from server.recorded_runs.recorded_states import RecordedStates
from server.requests.chat_answers import ChatAnswers
from server.requests.chat_requests import ChatOrders
from server.requests.flow_runs import FlowRuns
from server.requests.input_answers import InputAnswers
from server.requests.runs_left_behind import Disconnects
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams
from server.sessions.chat_sessions import ChatSessions
from server.sessions.message_branches import MessageBranches
from server.sessions.session_edits import SessionEdits
from server.sessions.session_search import SessionSearch
from server.workers.run_queue import open_run_queue

__all__ = ["open_runs"]


async def open_runs(
    process: Process,
    database: Database,
    stores: Stores,
    engine: Engine,
    mcp_servers: MCPServers,
    openapi_apis: APIs,
    stack: AsyncExitStack,
) -> Runs:
    """Begin to work on runs, those first that a dead process left."""
    settings, flows, executions = process.settings, stores.flows, stores.executions
    queue = await open_run_queue(settings, database, worker=process.worker)
    if queue is not None:
        stack.push_async_callback(queue.close)
    service = ExecutionService(settings, database, stores.journal, executions, engine, process.limits, queue)
    stack.push_async_callback(service.close)
    await service.open()
    streams = ExecutionStreams(executions, stores.journal, service, process.streams)
    branches = MessageBranches(
        stores.sessions, executions, engine, flows, stores.flow_versions, most=settings.max_alternatives
    )
    orders = ChatOrders(settings, flows, engine, process.default_model, process.tools, branches)
    disconnects = Disconnects(settings, service, executions)
    chats = ChatAnswers(orders, service, streams, executions, disconnects)
    flow_runs = FlowRuns(settings, flows, stores.flow_versions, chats, service, streams, disconnects)
    chat_sessions = ChatSessions(stores.sessions, flows, engine, stores.execution_lists, service)
    named = NamedFlows(flows, stores.flow_versions)
    completions = ChatCompletions(settings, flows, named, orders, service, process.streams, disconnects)
    conversations = OpenAIConversations(stores.sessions, chat_sessions, stores.execution_lists, engine)
    answers = InputAnswers(executions, stores.inputs, service)
    continued = ContinuedRuns(
        flows, stores.flow_versions, RecordedRuns(database), stores.journal, engine, service, process.tools
    )
    edits = SessionEdits(chat_sessions, engine)
    assistants = Assistants(flows, named)
    threads = Threads(
        stores.sessions,
        chat_sessions,
        edits,
        ThreadLists(database),
        stores.execution_lists,
        executions,
        stores.inputs,
        engine,
        assistants,
        flows,
        settings,
    )
    langgraph_runs = LangGraphRuns(
        assistants,
        threads,
        RunOrders(settings, threads, orders),
        service,
        executions,
        stores.execution_lists,
        Responses(database),
        answers,
        edits,
        settings,
    )
    run_streams = RunStreams(flows, threads, service, stores.inputs, process.streams, disconnects)
    states = RecordedStates(flows, stores.flow_versions, continued, engine, settings)
    return Runs(
        continued_runs=continued,
        recorded_states=states,
        run_comparisons=Comparisons(continued, states),
        single_nodes=NodeRuns(flows, stores.flow_versions, states, engine, service),
        mcp_servers=mcp_servers,
        openapi_apis=openapi_apis,
        engine=engine,
        execution_service=service,
        execution_streams=streams,
        chat_orders=orders,
        chat_answers=chats,
        chat_sessions=chat_sessions,
        message_branches=branches,
        session_edits=edits,
        session_search=SessionSearch(SessionWords(database), engine, most=settings.session_search_sessions),
        flow_runs=flow_runs,
        chat_completions=completions,
        openai_conversations=conversations,
        stored_responses=StoredResponses(
            settings,
            flows,
            orders,
            service,
            executions,
            Responses(database),
            conversations,
            engine,
            stores.journal,
            completions,
            process.streams,
            disconnects,
        ),
        ui_chats=UiChats(
            settings,
            flows,
            named,
            orders,
            service,
            executions,
            chat_sessions,
            stores.execution_lists,
            engine,
            stores.journal,
            answers,
            process.streams,
            disconnects,
        ),
        tool_calls=ToolCalls(
            Tools(flows, named), orders, flow_runs, service, executions, answers, process.streams, disconnects
        ),
        agui_runs=AgentRuns(
            settings,
            flows,
            named,
            orders,
            service,
            executions,
            stores.sessions,
            stores.execution_lists,
            threads,
            engine,
            answers,
            process.streams,
            disconnects,
        ),
        langgraph_assistants=assistants,
        langgraph_threads=threads,
        langgraph_runs=langgraph_runs,
        langgraph_streams=run_streams,
        langgraph_events=ThreadStreams(
            flows,
            threads,
            langgraph_runs,
            run_streams,
            assistants,
            executions,
            stores.inputs,
            service,
            stores.journal,
            process.streams,
        ),
        flow_editor=FlowEditor(
            settings,
            flows,
            stores.agents,
            stores.embeds,
            stores.credentials,
            stores.connections,
            stores.variables,
            process.tools,
        ),
    )
