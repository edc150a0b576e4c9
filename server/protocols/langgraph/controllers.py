"""All controllers of LangGraph's server API."""

from server.protocols.langgraph.assistants.assistant_routes import LangGraphController
from server.protocols.langgraph.cron_routes import LangGraphCronsController
from server.protocols.langgraph.runs.run_routes import LangGraphRunsController, LangGraphThreadRunsController
from server.protocols.langgraph.store_routes import LangGraphStoreController
from server.protocols.langgraph.thread_routes import LangGraphThreadsController

__all__ = ["LANGGRAPH"]

LANGGRAPH = (
    LangGraphController,
    LangGraphThreadsController,
    LangGraphThreadRunsController,
    LangGraphRunsController,
    LangGraphCronsController,
    LangGraphStoreController,
)
