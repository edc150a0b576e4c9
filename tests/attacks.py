"""What was tried on a running server from outside, what happens now, and the tests that try it again.

``python -m tests.threats`` writes the table into ``docs/security.md``.
"""

import ast
import re
from pathlib import Path

from msgspec import Struct

__all__ = ["ATTACKS", "SECURITY_PAGE", "Attack", "missing_tests", "security_page"]

ROOT = Path(__file__).parent.parent
SECURITY_PAGE = ROOT / "docs" / "security.md"
RIGHTS = "server/identity/test_given_rights.py"
LINEAR = "test_linear_time.py"
CLOCKS = "durability/test_clocks.py"
LOST = "cli/test_lost_files.py"


class Attack(Struct, frozen=True):
    """One thing that was tried."""

    tried: str
    now: str
    tests: tuple[str, ...]
    """``file::test``, below ``tests/``."""


ATTACKS = (
    Attack(
        "A key that may only write users creates an owner, raises a role or sets a password",
        "403. Nobody gives a role, scope or password beyond their own permissions",
        (
            f"{RIGHTS}::test_who_may_only_write_users_gives_no_role_password_or_membership_beyond_their_own",
            "server/identity/authority/test_authority.py"
            "::test_no_sequence_of_requests_gives_what_the_model_denies",
        ),
    ),
    Attack(
        "The owner of a workspace adds users of others by their email address, or tries email addresses out",
        "An invitation, with the same reply for every email address, also where users are created. New users "
        "are limited per hour",
        (
            f"{RIGHTS}::test_a_workspace_invites_and_nobody_is_a_member_before_they_accept",
            f"{RIGHTS}::test_a_workspace_does_not_learn_who_has_an_account_elsewhere",
            f"{RIGHTS}::test_addresses_of_others_cannot_be_tried_out_one_after_the_other",
        ),
    ),
    Attack(
        "An export of a prompt of 98,000 characters that a pattern reads for ever",
        "Every pattern takes time in proportion to the text. A test walks all of them",
        (
            f"{LINEAR}::test_no_pattern_takes_more_than_in_proportion",
            "durability/test_hostile_inputs.py::test_no_hostile_input_holds_the_loop",
        ),
    ),
    Attack(
        "A chat with 12,000 blanks that the demo model reads for ever",
        "As above, for everything that reads text",
        (
            f"{LINEAR}::test_what_reads_text_from_outside_takes_time_in_proportion",
            "durability/test_hostile_inputs.py::test_no_hostile_input_holds_the_loop",
        ),
    ),
    Attack(
        "A flow that runs itself for each of 50 items",
        "The run ends with `limit_reached`. A circle without a condition is refused when it is stored",
        (
            "graphs/run_state/test_run_bounds.py::"
            "test_a_flow_that_calls_itself_for_many_items_at_once_ends_before_it_fills_the_memory",
            "server/flows/test_subgraphs.py::test_a_circle_without_a_condition_is_refused",
        ),
    ),
    Attack(
        "A model server streams 200,000 parts of tool calls, or parts that are hard to put together",
        "An answer has 1,000 tool calls. What reads answers takes time in proportion, and lets other "
        "requests run in between",
        (
            f"{LINEAR}::test_an_answer_of_very_many_tool_calls_is_refused",
            f"{LINEAR}::test_an_answer_is_put_together_in_time_in_proportion",
            f"{LINEAR}::test_chunks_of_a_stream_are_read_in_time_in_proportion",
            "graphs/run_state/test_run_bounds.py::test_what_a_run_keeps_is_bounded_over_all_its_passes",
        ),
    ),
    Attack(
        "A user reads, continues or deletes the session of another user or a visitor",
        "404. A session belongs to who wrote to it first",
        (f"{RIGHTS}::test_a_session_is_its_owners",),
    ),
    Attack(
        "The idempotency key of another user",
        "A new run. The keys of two clients have nothing to do with each other",
        (f"{RIGHTS}::test_an_idempotency_key_is_its_callers",),
    ),
    Attack(
        "A user who may not store flows names tools and credentials in a chat's own `config`",
        "403. It needs the permissions to store them, and to use what they name. Operators can reserve a "
        "tool for stored flows",
        (
            f"{RIGHTS}::test_tools_of_a_chats_own_need_the_rights_that_storing_them_would",
            f"{RIGHTS}::test_a_tool_for_stored_flows_is_no_chats_own_whoever_asks",
            f"{RIGHTS}::test_who_may_not_use_a_credential_or_connection_stores_nothing_that_names_it",
            f"{RIGHTS}::test_who_may_not_use_a_credential_changes_no_flow_into_one_that_names_it",
        ),
    ),
    Attack(
        "A page of another site starts runs and changes flows while authentication is off",
        "403, from `Sec-Fetch-Site` and `Origin`",
        (f"{RIGHTS}::test_with_auth_off_a_page_of_another_site_starts_and_changes_nothing",),
    ),
    Attack(
        "Somebody reads the log for keys and tickets: level `debug`, WebSockets, access logs",
        "No credential is in any log, also under uvicorn and in the logs of nginx and Caddy",
        (
            "server/serving/test_log_secrets.py::test_the_log_of_a_talkative_server_has_no_credential",
            "deploy/test_proxies.py::test_no_log_of_a_proxy_has_a_credential_even_when_the_server_is_gone",
            "cli/test_serve.py::test_the_first_start_prints_a_line_that_answers",
        ),
    ),
    Attack(
        "The wall clock jumps by an hour or two days during runs",
        "No process loses a run, and no duration counts the jump. Waits that survive a restart follow the "
        "wall clock of the database: a jump moves time-outs of questions, `delay` nodes of more than 5 "
        "seconds, and the duration of a run that waited so, by its length, and loses none",
        (
            f"{CLOCKS}::test_a_jump_of_the_wall_clock_takes_nothing",
            f"{CLOCKS}::test_a_jump_of_the_databases_clock_takes_nothing",
            f"{CLOCKS}::test_a_jump_moves_the_waits_of_days_by_its_length_and_loses_none",
        ),
    ),
    Attack(
        "An empty database beside an existing owner's key",
        "The start is refused. Nothing is overwritten",
        (f"{LOST}::test_an_empty_database_beside_an_owners_key_is_refused",),
    ),
    Attack(
        "A backup with a trigger, function or view in it",
        "Only tables and rows of AgenticRAG are restored. No code in the file runs",
        ("cli/test_backup.py::test_a_backup_brings_rows_and_nothing_else",),
    ),
    Attack(
        "A backup restored without its encryption key",
        "`db restore`, `db check` and `doctor` name the missing key and say how to bring it",
        (f"{LOST}::test_a_restore_without_the_key_says_which_is_missing_and_how_to_bring_it",),
    ),
    Attack(
        "A model leaves the base URL of `http_request` with encoded dots and slashes",
        "Refused in 29 spellings, before anything is sent",
        ("graphs/toolbox/test_tools.py::test_no_spelling_of_a_path_leads_above_the_address",),
    ),
    Attack(
        "A user names invented models until real ones are missing in the metrics",
        "A model gets its series with a successful answer, a stored price or the setting `metrics_models`",
        ("server/metrics/test_named_models.py::test_invented_names_crowd_out_no_real_model",),
    ),
    Attack(
        "A YAML import that takes 19 seconds",
        "YAML has at most 300,000 bytes and takes at most a second, in a thread",
        (
            f"{LINEAR}::test_yaml_takes_time_in_proportion_and_a_second_at_most",
            "server/flows/test_import_export.py::test_a_file_that_is_no_flow_is_refused_with_a_reason",
        ),
    ),
    Attack(
        "Another user of the machine reads the database in a data folder that existed before",
        "Only the owner can read the files. `doctor` names those that others can read",
        (f"{LOST}::test_nobody_else_can_read_a_database_in_a_folder_that_was_there",),
    ),
)


def missing_tests() -> list[str]:
    """Return the tests that are named and are not there."""
    return [
        name
        for attack in ATTACKS
        for name in attack.tests
        if name.partition("::")[2] not in _tests_of(ROOT / "tests" / name.partition("::")[0])
    ]


def security_page(text: str) -> str:
    """Return the page with its table of attacks made anew."""
    rows = [
        f"| {number} | {attack.tried} | {attack.now} | "
        + "<br>".join(f"`{name.partition('::')[2]}`" for name in attack.tests)
        + " |"
        for number, attack in enumerate(ATTACKS, 1)
    ]
    table = "\n".join(["| | tried | what happens now | test |", "|---|---|---|---|", *rows])
    return re.sub(
        r"(<!-- attacks -->\n).*?(<!-- end of attacks -->)",
        lambda found: f"{found[1]}\n{table}\n\n{found[2]}",
        text,
        flags=re.DOTALL,
    )


def _tests_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
