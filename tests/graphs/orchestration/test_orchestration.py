"""Orchestration: who is asked in which order with what, when it stops, what happens when it goes wrong."""

from typing import Any

import msgspec
import pytest

from graphs.analysis.plan import plan_of
from graphs.checks.check import check
from graphs.orchestration.agents import AttachedAgent, AttachedAgentChange, node_ids
from graphs.orchestration.compose import graph_of, kinds, team_of
from graphs.testing import Script
from graphs.testing.driver import Ran
from graphs.values.findings import FlowError
from tests.graphs.cast import Cast, agent, decision, play

TYPES = [
    "adaptive",
    "consensus_building",
    "dynamic_routing",
    "event_driven",
    "hierarchical",
    "parallel",
    "reflection",
    "sequential",
    "swarm_intelligence",
]
ADA, BOB, CY = agent("Ada"), agent("Bob"), agent("Cy")


def warnings(ran: Ran) -> list[str]:
    return [event.data["code"] for event in ran.recorder.of("custom") if event.data["name"] == "warning"]


def test_every_type_of_the_contract_is_there() -> None:
    assert list(kinds()) == TYPES


async def test_in_a_sequence_each_gets_what_the_one_before_gave() -> None:
    ran, cast = await play(
        "sequential",
        [ADA, BOB, agent("Cy", priority=5)],
        {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"]},
    )
    assert ran.result.output["output"] == "b1"
    assert cast.asked == ["You are Cy", "You are Ada", "You are Bob"], "the higher priority goes first"
    assert "What is an otter?" in cast.heard["You are Cy"][0]
    assert "c1" not in cast.heard["You are Cy"][0]
    assert "From those before you:\nc1" in cast.heard["You are Ada"][0]
    assert "From those before you:\na1" in cast.heard["You are Bob"][0]


async def test_dependencies_come_before_priority_and_are_what_an_agent_reads() -> None:
    ran, cast = await play(
        "sequential",
        [agent("Ada", priority=9, dependencies=["Cy", "bob"]), BOB, CY],
        {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"]},
    )
    assert cast.asked == ["You are Bob", "You are Cy", "You are Ada"]
    assert "From 'Cy' and 'Bob':\n## Cy\nc1\n\n## Bob\nb1" in cast.heard["You are Ada"][0]
    assert ran.response == "a1"


async def test_an_agent_whose_condition_does_not_hold_is_passed_by() -> None:
    pro = agent("Bob", conditional_logic={"condition": "input.plan == 'pro'"})
    parts = {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"]}
    for plan, asked in (("free", ["Ada", "Cy"]), ("pro", ["Ada", "Bob", "Cy"])):
        ran, cast = await play("sequential", [ADA, pro, CY], parts, input={"message": "m", "plan": plan})
        assert cast.asked == [f"You are {name}" for name in asked]
        before = "b1" if plan == "pro" else "a1"
        assert f"From those before you:\n{before}" in cast.heard["You are Cy"][0]
        assert ran.response == "c1"


async def test_mappings_say_what_an_agent_reads_and_what_becomes_of_its_answer() -> None:
    first = agent(
        "Ada",
        input_mapping={"topic": "upper(input.topic)", "greeting": "Hi {{ input.who }}"},
        output_mapping={"facts": "arrived + '!'"},
    )
    second = agent("Bob", input_mapping={"facts": "variables.facts"})
    ran, cast = await play(
        "sequential",
        [first, second],
        {"You are Ada": ["a1"], "You are Bob": ["b1"]},
        input={"topic": "otters", "who": "{{ you }}"},
    )
    assert "Your input:\ntopic: OTTERS\ngreeting: Hi {{ you }}" in cast.heard["You are Ada"][0]
    assert "Your input:\nfacts: a1!" in cast.heard["You are Bob"][0]
    assert "otters" not in cast.heard["You are Bob"][0]
    assert ran.response == "b1"


async def test_side_by_side_all_read_the_request_and_their_answers_are_an_object() -> None:
    parts = {"You are Ada": ["a1"], "You are Bob": ["b1"]}
    ran, cast = await play("parallel", [ADA, BOB], parts, input={"city": "Oslo"})
    assert ran.result.output["output"] == {"ada": "a1", "bob": "b1"}
    assert all('The request:\n{"city":"Oslo"}' in heard[0] for heard in cast.heard.values())
    trace = ran.recorder.trace()
    assert max(trace.index("node.started ada"), trace.index("node.started bob")) < min(
        trace.index("node.completed ada"), trace.index("node.completed bob")
    )


async def test_answers_given_side_by_side_become_one_text_or_one_answer() -> None:
    parts = {"You are Ada": ["a1"], "You are Bob": ["b1"], "You lead a team": ["Together."]}
    ran, _ = await play("parallel", [ADA, BOB], parts, aggregation="text")
    assert ran.response == "## Ada\na1\n\n## Bob\nb1"
    ran, cast = await play("parallel", [ADA, BOB], parts, enabled=True)
    assert ran.response == "Together."
    assert "## Ada\na1\n\n## Bob\nb1" in cast.heard["You lead a team"][0]


async def test_groups_go_one_after_the_other_and_dependencies_hold_within_them() -> None:
    ran, cast = await play(
        "parallel",
        [
            agent("Ada", parallel_group="late"),
            agent("Bob", parallel_group="early", priority=1),
            agent("Cy", parallel_group="early", priority=2, dependencies=["Bob"]),
        ],
        {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"]},
    )
    assert cast.asked == ["You are Bob", "You are Cy", "You are Ada"]
    assert "From 'Bob':\n## Bob\nb1" in cast.heard["You are Cy"][0]
    assert ran.result.output["output"] == {"ada": "a1", "bob": "b1", "cy": "c1"}


SUPERVISOR, LEAD = "You are the supervisor", "whose work on a request is done"


async def test_a_supervisor_delegates_until_it_is_enough() -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, BOB],
        {
            SUPERVISOR: [decision("bob", "Look it up."), decision("ada", "Write it."), decision("finish")],
            "You are Ada": ["a1"],
            "You are Bob": ["b1"],
            LEAD: ["All in all."],
        },
    )
    assert cast.asked == [SUPERVISOR, "You are Bob", SUPERVISOR, "You are Ada", SUPERVISOR, LEAD]
    assert "- finish" not in cast.heard[SUPERVISOR][0], "nothing is done yet"
    assert "- finish" in cast.heard[SUPERVISOR][1]
    assert '[{"agent":"bob","task":"Look it up.","answer":"b1"}]' in cast.heard[SUPERVISOR][1]
    assert "Look it up." in cast.heard["You are Bob"][0]
    assert "b1" in cast.heard["You are Ada"][0]
    assert "a1" in cast.heard[LEAD][0]
    assert ran.response == "All in all."
    assert warnings(ran) == []


async def test_a_supervisor_that_never_stops_is_stopped() -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, BOB],
        {SUPERVISOR: [decision("ada")], "You are Ada": ["a1"], LEAD: ["Enough."]},
        max_iterations=3,
    )
    assert cast.asked == [SUPERVISOR, "You are Ada"] * 3 + [LEAD]
    assert ran.response == "Enough."


@pytest.mark.parametrize(("fallback", "then"), [(None, ["ada", "bob"]), ("Bob", ["bob", "ada"])])
async def test_a_decision_that_cannot_be_read_is_repaired_once_and_then_made_by_rule(
    fallback: str | None, then: list[str]
) -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, BOB],
        {SUPERVISOR: ["Hm."], "You are Ada": ["a1"], "You are Bob": ["b1"], LEAD: ["Done."]},
        fallback_agent_id=fallback,
    )
    names = [f"You are {node.capitalize()}" for node in then]
    twice = [SUPERVISOR, SUPERVISOR]
    assert cast.asked == [*twice, names[0], *twice, names[1], *twice, LEAD]
    assert "Expected a JSON object with 'choice', found 'Hm.'" in cast.heard[SUPERVISOR][1]
    assert warnings(ran) == ["decision_unreadable"] * 3
    assert ran.response == "Done."


async def test_a_repaired_decision_counts() -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, BOB],
        {
            SUPERVISOR: [decision("zoe"), f"Sorry: {decision('Bob')}", decision("finish")],
            "You are Bob": ["b1"],
            LEAD: ["Done."],
        },
    )
    assert cast.asked == [SUPERVISOR, SUPERVISOR, "You are Bob", SUPERVISOR, LEAD]
    assert "There is no choice 'zoe'; there are ada, bob." in cast.heard[SUPERVISOR][1]
    assert warnings(ran) == []


async def test_an_agent_that_fails_is_told_to_the_supervisor() -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, BOB],
        {
            SUPERVISOR: [decision("ada"), decision("bob"), decision("finish")],
            "You are Ada": [Script(error="content_filter")],
            "You are Bob": ["b1"],
            LEAD: ["Done."],
        },
    )
    assert ran.result.status == "completed"
    assert '"agent":"ada"' in cast.heard[SUPERVISOR][1]
    assert "Failed: " in cast.heard[SUPERVISOR][1]
    assert [event.node for event in ran.recorder.of("node.failed")] == ["ada"]


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        ("priority", ["Bob", "Ada", "Cy"]),
        ("round_robin", ["Bob", "Ada", "Cy", "Bob"]),
        ("capability", ["Cy"]),
    ],
)
async def test_a_supervisor_can_go_by_a_rule_instead(strategy: str, order: list[str]) -> None:
    ran, cast = await play(
        "hierarchical",
        [ADA, agent("Bob", priority=1), agent("Cy", capabilities=["otters", "rivers"])],
        {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"], LEAD: ["Done."]},
        input="Tell me of otters.",
        decision_strategy=strategy,
        max_iterations=4,
    )
    assert cast.asked == [*(f"You are {name}" for name in order), LEAD]
    assert ran.response == "Done."


async def test_an_agent_is_not_offered_before_those_that_it_depends_on() -> None:
    _, cast = await play(
        "hierarchical",
        [
            agent("Ada", dependencies=["Bob"]),
            BOB,
            agent("Cy", conditional_logic="input.secret"),
            agent("Di"),
        ],
        {
            SUPERVISOR: [decision("bob"), decision("ada"), decision("finish")],
            "You are Ada": ["a1"],
            "You are Bob": ["b1"],
            LEAD: ["Done."],
        },
        input={"message": "m", "secret": False},
    )
    open = [text.rpartition("exactly one of:")[2].count("\n- ") for text in cast.heard[SUPERVISOR]]
    assert open == [2, 4, 4], "bob and di; then ada and finish too"


ROUTER = "You route a request"


async def test_a_router_chooses_after_each_step_and_the_last_answer_counts() -> None:
    ran, cast = await play(
        "dynamic_routing",
        [ADA, BOB],
        {
            ROUTER: [decision("ada"), decision("bob"), decision("ada"), decision("finish")],
            "You are Ada": ["a1", "a2"],
            "You are Bob": ["b1"],
        },
    )
    assert cast.asked == [ROUTER, "You are Ada", ROUTER, "You are Bob", ROUTER, "You are Ada", ROUTER]
    assert '"answer":"b1"' in cast.heard["You are Ada"][1]
    assert ran.result.output["output"] == "a2"


GROUP = "You receive requests for a group"


async def test_an_adaptive_flow_asks_those_that_the_request_needs() -> None:
    parts = {
        "You are Ada": ["a1"],
        "You are Bob": ["b1"],
        "You are Cy": ["c1"],
    }
    agents = [ADA, agent("Bob", dependencies=["Ada"]), CY]
    ran, cast = await play("adaptive", agents, {GROUP: [decision(["cy"])], **parts})
    assert cast.asked == [GROUP, "You are Cy"]
    assert ran.result.output["output"] == "c1"
    ran, cast = await play("adaptive", agents, {GROUP: [decision(["bob", "cy"])], **parts})
    assert sorted(cast.asked) == sorted([GROUP, "You are Ada", "You are Bob", "You are Cy"])
    assert "From 'Ada':\n## Ada\na1" in cast.heard["You are Bob"][0]
    assert ran.result.output["output"] == {"ada": "a1", "bob": "b1", "cy": "c1"}
    ran, cast = await play("adaptive", agents, {GROUP: ["?"], **parts}, fallback_agent_id="Cy")
    assert cast.asked == [GROUP, GROUP, "You are Cy"]
    assert warnings(ran) == ["decision_unreadable"]


async def test_an_adaptive_flow_can_go_by_capabilities() -> None:
    ran, cast = await play(
        "adaptive",
        [agent("Ada", capabilities=["invoice"]), agent("Bob", capabilities=["crash", "error"]), CY],
        {"You are Bob": ["b1"]},
        input="An error at start, then a crash.",
        decision_strategy="capability",
    )
    assert cast.asked == ["You are Bob"]
    assert ran.response == "b1"


PEER = "in a group of peers without a leader"


async def test_peers_hand_over_to_each_other() -> None:
    ran, cast = await play(
        "swarm_intelligence",
        [ADA, agent("Bob", priority=1), CY],
        {
            PEER: [decision("cy", "Check it."), decision("bob", "Round it off."), decision("finish")],
            "You are Ada": ["a1"],
            "You are Bob": ["b1", "b2"],
            "You are Cy": ["c1"],
        },
    )
    assert cast.asked == ["You are Bob", PEER, "You are Cy", PEER, "You are Bob", PEER]
    assert "You are 'bob' in a group" in cast.heard[PEER][0]
    assert "- bob" not in cast.heard[PEER][0].rpartition("exactly one of:")[2]
    assert '"asks":"Check it."' in cast.heard["You are Cy"][0]
    assert ran.result.output["output"] == "b2"


async def test_the_first_peer_is_the_first_whose_condition_holds() -> None:
    ran, cast = await play(
        "swarm_intelligence",
        [agent("Ada", conditional_logic="input.vip"), agent("Bob", conditional_logic="not input.vip"), CY],
        {PEER: [decision("finish")], "You are Ada": ["a1"], "You are Bob": ["b1"]},
        input={"message": "m", "vip": False},
    )
    assert cast.asked == ["You are Bob", PEER]
    assert ran.response == "b1"


async def test_peers_that_hand_over_for_ever_are_stopped() -> None:
    ran, cast = await play(
        "swarm_intelligence",
        [ADA, BOB],
        {PEER: [decision("bob"), decision("ada")] * 9, "You are Ada": ["a"], "You are Bob": ["b"]},
        max_iterations=3,
    )
    assert cast.asked == ["You are Ada", PEER, "You are Bob", PEER, "You are Ada", PEER]
    assert ran.result.output["output"] == "a"


def ballots(*votes: str) -> list[str]:
    return [f'{{"reason": "r", "vote": "{vote}"}}' for vote in votes]


async def consensus(votes: dict[str, list[str]], **leader: Any) -> tuple[Ran, Cast]:
    agents = [
        agent(name, priority=priority, instructions=f"[{name}]")
        for name, priority in (("Ada", 3), ("Bob", 1), ("Cy", 1))
    ]
    parts: dict[str, list[str | Script]] = {}
    for name, given in votes.items():
        parts[f"You are {name}"] = []
        rounds = len(given)
        for round in range(rounds):
            parts[f"You are {name}"] += [
                f"{name} proposes {round}",
                f"{name} criticises",
                *ballots(given[round]),
            ]
    return await play("consensus_building", agents, parts, **leader)


async def test_a_majority_of_votes_decides() -> None:
    ran, cast = await consensus({"Ada": ["bob"], "Bob": ["bob"], "Cy": ["cy"]})
    assert ran.result.output["output"] == "Bob proposes 0"
    assert len(cast.asked) == 9
    assert "## bob\nBob proposes 0" in cast.heard["You are Ada"][1]
    assert "## cy\nCy criticises" in cast.heard["You are Ada"][2]
    assert "node.started winner" in ran.recorder.trace()


async def test_without_a_majority_there_is_another_round_that_knows_the_last() -> None:
    ran, cast = await consensus({"Ada": ["ada", "cy"], "Bob": ["bob", "cy"], "Cy": ["cy", "cy"]})
    assert ran.result.output["output"] == "Cy proposes 1"
    assert len(cast.asked) == 18
    assert "Bob criticises" in cast.heard["You are Ada"][3]


async def test_rounds_end_with_most_votes_and_of_equals_the_higher_priority() -> None:
    ran, cast = await consensus({"Ada": ["bob"] * 2, "Bob": ["ada"] * 2, "Cy": ["cy"] * 2}, max_iterations=2)
    assert ran.result.output["output"] == "Ada proposes 1"
    assert len(cast.asked) == 18
    assert "node.started leading" in ran.recorder.trace()


@pytest.mark.parametrize(
    ("voting", "votes", "winner"),
    [
        ("unanimous", {"Ada": ["cy"], "Bob": ["cy"], "Cy": ["cy"]}, "Cy proposes 0"),
        ("weighted", {"Ada": ["ada"], "Bob": ["bob"], "Cy": ["bob"]}, "Ada proposes 0"),
        ("majority", {"Ada": ["ada"], "Bob": ["bob"], "Cy": ["bob"]}, "Bob proposes 0"),
    ],
)
async def test_votes_count_by_the_rule(voting: str, votes: dict[str, list[str]], winner: str) -> None:
    ran, _ = await consensus(votes, voting=voting, max_iterations=1)
    assert ran.result.output["output"] == winner
    assert "node.started winner" in ran.recorder.trace()


async def test_a_vote_that_cannot_be_read_is_an_abstention() -> None:
    agents = [agent("Ada"), agent("Bob")]
    ran, _ = await play(
        "consensus_building",
        agents,
        {
            "You are Ada": ["pa", "ca", "no json", "still none"],
            "You are Bob": ["pb", "cb", *ballots("bob")],
        },
        max_iterations=1,
    )
    assert ran.result.output["output"] == "pb"
    assert warnings(ran) == ["vote_unreadable"]


JUDGE = "You decide whether a draft is good enough"


async def test_a_draft_is_revised_until_it_is_accepted() -> None:
    ran, cast = await play(
        "reflection",
        [agent("Ada", priority=1), BOB],
        {
            JUDGE: [decision("revise"), decision("accept")],
            "You are Ada": ["draft 1", "draft 2"],
            "You are Bob": ["Too short.", "Fine."],
        },
    )
    assert cast.asked == ["You are Ada", "You are Bob", JUDGE, "You are Ada", "You are Bob", JUDGE]
    assert "draft 1" in cast.heard["You are Bob"][0]
    assert "draft 2" in cast.heard["You are Bob"][1]
    assert "Too short." in cast.heard["You are Ada"][1]
    assert ran.result.output["output"] == "draft 2"


async def test_revisions_end_when_they_are_used_up_also_where_no_verdict_can_be_read() -> None:
    ran, cast = await play(
        "reflection",
        [ADA],
        {JUDGE: ["?"], "You read drafts with a critical eye": ["No."], "You are Ada": ["1", "2", "3", "4"]},
        max_iterations=2,
    )
    assert cast.asked.count("You are Ada") == 3
    assert ran.result.output["output"] == "3"
    assert warnings(ran) == ["decision_unreadable"] * 2


async def test_events_wake_who_subscribes_until_none_is_left() -> None:
    ran, cast = await play(
        "event_driven",
        [
            agent("Ada", emits=["order.checked"]),
            agent("Bob", subscribes_to=["order.*"], emits=["mail.sent"]),
            agent("Cy", subscribes_to=["order.checked"]),
            agent("Di", subscribes_to=["never"]),
        ],
        {"You are Ada": ["a1"], "You are Bob": ["b1"], "You are Cy": ["c1"]},
    )
    assert cast.asked[0] == "You are Ada"
    assert sorted(cast.asked) == ["You are Ada", "You are Bob", "You are Cy"]
    assert "order.checked from ada:\na1" in cast.heard["You are Cy"][0]
    output = ran.result.output["output"]
    assert [sorted(turn) for turn in output["turns"]] == [["ada", "event"], ["bob", "cy", "event"]]
    assert output["waiting"] == []


async def test_a_model_says_which_of_an_agents_events_happened() -> None:
    ran, cast = await play(
        "event_driven",
        [
            agent("Ada", emits=["accepted", "refused"], subscribes_to=["claim"]),
            agent("Bob", subscribes_to=["accepted"]),
            agent("Cy", subscribes_to=["refused"], dependencies=["Bob"]),
        ],
        {
            "Ada has worked on an event": [decision(["refused"])],
            "You are Ada": ["No."],
            "You are Cy": ["Sorry."],
        },
        input={"event": "claim", "text": "My bag is lost."},
    )
    assert cast.asked == ["You are Ada", "Ada has worked on an event", "You are Cy"]
    assert ran.result.output["output"]["turns"][1]["cy"] == "Sorry."


async def test_events_that_wake_each_other_for_ever_are_stopped() -> None:
    ran, cast = await play(
        "event_driven",
        [
            agent("Ada", subscribes_to=["start", "pong"], emits=["ping"]),
            agent("Bob", subscribes_to=["ping"], emits=["pong"]),
        ],
        {"You are Ada": ["a"], "You are Bob": ["b"]},
        max_iterations=4,
    )
    assert cast.asked == ["You are Ada", "You are Bob"] * 2
    assert [event["kind"] for event in ran.result.output["output"]["waiting"]] == ["pong"]


async def test_a_failed_agent_is_an_event_too() -> None:
    ran, cast = await play(
        "event_driven",
        [ADA, agent("Bob", subscribes_to=["agent.failed"]), agent("Cy", dependencies=["Ada"])],
        {"You are Ada": [Script(error="content_filter")], "You are Bob": ["Noted."]},
    )
    assert ran.result.status == "completed"
    assert cast.asked == ["You are Ada", "You are Bob"]


@pytest.mark.parametrize("type", TYPES)
def test_graphs_of_many_agents_with_odd_names_pass_the_check(type: str) -> None:
    names = ["Start", "start", "평론가", "{{ x }}", 'O\'Neil \\ "Q"', "…", "Turns", "a-b", "a b", "é" * 255]
    agents = [
        agent(
            name,
            id=f"n{place}",
            description="{{ not a template }}\n" * 3,
            role="r'ole",
            conditional_logic="input.x == 1" if place % 3 == 1 else None,
            output_mapping={"v": "arrived"} if place % 4 == 1 else None,
            input_mapping={"a": "message", "b": "{{ message }}"} if place % 5 == 1 else None,
            dependencies=[f"n{place - 1}"] if place % 6 == 5 else [],
            parallel_group="g" if place % 7 == 6 else None,
        )
        for place, name in enumerate([*names, *(f"agent {number}" for number in range(15))])
    ]
    document = {"orchestration_type": type, "agents": agents, "supervisor_config": {"max_iterations": 2}}
    definition = graph_of(document)
    assert [finding for finding in check(definition) if finding.severity == "error"] == []
    again = msgspec.json.encode(graph_of(document))
    assert again == msgspec.json.encode(definition), "the same document gives the same graph"


@pytest.mark.parametrize("type", TYPES)
def test_a_plan_tells_who_works_and_how_often(type: str) -> None:
    document = {
        "orchestration_type": type,
        "agents": [ADA, BOB, CY],
        "supervisor_config": {"max_iterations": 2},
    }
    plan = plan_of(document, max_steps=1000, max_model_calls=25)
    assert plan.source == "agents"
    assert {name for step in plan.steps for name in step.agents} == {"Ada", "Bob", "Cy"}
    assert all(step.explanation.endswith(".") for step in plan.steps)
    assert 3 <= plan.most_model_calls <= 25
    assert plan.findings == []


async def test_a_plan_knows_how_many_answers_a_run_needs_at_most() -> None:
    document = {"orchestration_type": "consensus_building", "agents": [ADA, BOB], "supervisor_config": {}}
    plan = plan_of(document, max_steps=1000, max_model_calls=25)
    assert plan.most_model_calls == 60
    assert [finding.code for finding in plan.findings] == ["many_model_calls"]


def codes(agents: list[dict[str, Any]], type: str = "sequential", **leader: Any) -> dict[str, str]:
    document = {"orchestration_type": type, "agents": agents, "supervisor_config": leader}
    return {finding.code: finding.message for finding in team_of(document)[2]}


def test_what_is_wrong_with_a_team_is_told_in_sentences() -> None:
    assert "There are 'Ada', 'Bob'" in codes([ADA, agent("Bob", dependencies=["Zoe"])])["unknown_agent"]
    assert "'Zoe'" in codes([ADA], fallback_agent_id="Zoe")["unknown_agent"]
    circle = [
        agent("Ada", dependencies=["Cy"]),
        agent("Bob", dependencies=["Ada"]),
        agent("Cy", dependencies=["Bob"]),
    ]
    assert "'Ada' → 'Cy' → 'Bob' → 'Ada'" in codes(circle)["cycle"]
    assert "'Ada' → 'Ada'" in codes([agent("Ada", dependencies=["Ada"])])["cycle"]
    assert (
        "2 agents are called"
        in codes([ADA, agent("Ada", id="x"), agent("Bob", dependencies=["Ada"])])["unknown_agent"]
    )
    crossing = [
        agent("Ada", parallel_group="g", dependencies=["Bob"]),
        agent("Bob", dependencies=["Cy"]),
        agent("Cy", parallel_group="g"),
    ]
    assert "wait for each other: 'g', 'Bob'" in codes(crossing)["cycle"]
    assert "nothing to run" in codes([])["no_agents"]
    assert "'conditional_logic'" in codes([agent("Ada", conditional_logic="a ==")])["bad_expression"]
    assert "'input_mapping.x'" in codes([agent("Ada", input_mapping={"x": "{{ a + b }}"})])["bad_template"]
    assert "'emits'" in codes([agent("Ada", emits=["x"])])["not_used"]
    assert "No agent subscribes to 'x'" in codes([agent("Ada", emits=["x"])], "event_driven")["unheard_event"]
    assert "ID 'ada'" in codes([ADA, agent("Bob", id="ada")])["duplicate_id"]


def test_a_graph_is_only_made_of_a_sound_team() -> None:
    with pytest.raises(FlowError, match="no such agent"):
        graph_of({"orchestration_type": "parallel", "agents": [agent("Ada", dependencies=["Zoe"])]})
    with pytest.raises(FlowError, match="There are adaptive, consensus_building"):
        graph_of({"orchestration_type": "magic", "agents": [ADA]})
    with pytest.raises(FlowError, match="max_retries"):
        graph_of({"orchestration_type": "parallel", "agents": [agent("Ada", max_retries=99)]})


def test_an_agents_retries_and_time_are_its_nodes_policies() -> None:
    definition = graph_of(
        {"orchestration_type": "parallel", "agents": [{"name": "Ada", "timeout_seconds": 7}]}
    )
    (node,) = [node for node in definition.nodes if node.type == "agent"]
    assert node.data["retry"] == {"max_attempts": 4}
    assert node.data["timeout_seconds"] == 7


async def test_an_agent_that_fails_is_tried_again_as_often_as_it_says() -> None:
    flaky: list[str | Script] = [Script(error="server"), "a2"]
    ran, cast = await play("sequential", [agent("Ada", max_retries=1)], {"You are Ada": flaky})
    assert cast.asked == ["You are Ada"] * 2
    assert ran.response == "a2"


def test_node_ids_are_readable_and_each_once() -> None:
    assert node_ids(["Fact Checker", "fact-checker", "Fact  checker", "End", "…", "평론가"]) == [
        "fact_checker",
        "fact-checker",
        "fact_checker_2",
        "end_agent",
        "agent",
        "평론가",
    ]


def test_a_change_has_the_fields_of_an_agent() -> None:
    fields = {field.name for field in msgspec.structs.fields(AttachedAgent)}
    assert fields - {field.name for field in msgspec.structs.fields(AttachedAgentChange)} == {"id"}
