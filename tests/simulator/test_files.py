"""What a simulation file says, what it may leave out, and how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_hub.simulate.load import parse, parse_pair
from contact_hub.simulate.problems import SENTENCES
from contact_hub.workspace.problems import RULES, WorkspaceRefused
from i18n.levels import Level
from routing.model import AgentId, BrandId, Channel, ContractId, PoolId
from routing.simulator.distributions import Deterministic, Exponential, Lognormal
from routing.simulator.scenario import Rates, Times
from tests.simulator.files import ERLANG_C, calls, floor, no_files, read

DOCS = Path(__file__).parent.parent.parent / "docs"


def refusal(text: str) -> list[tuple[str, str, int | None]]:
    with pytest.raises(WorkspaceRefused) as refused:
        read(text)
    return [(one.code, one.path, one.line) for one in refused.value.problems]


def with_traffic(line: str) -> str:
    return ERLANG_C.replace("    service: {exponential: 180}\n", f"    service: {{exponential: 180}}\n    {line}\n")


def test_a_dozen_lines_are_a_whole_floor() -> None:
    simulation = read(ERLANG_C)
    plan = simulation.scenario.plan
    assert len(plan.agents) == 8
    assert plan.agents[AgentId("home-1")].pool == PoolId("home")
    assert set(plan.contracts) == {ContractId("home")}
    assert plan.contracts[ContractId("home")].channels == frozenset(Channel)
    assert plan.policy.choice == ()
    assert plan.policy.wrap_up_seconds == 0
    assert plan.policy.auto_accept == frozenset(Channel)
    (one,) = simulation.scenario.traffic
    assert one.demand.languages == ("en",)
    assert one.service.base == Exponential(mean=180)
    assert isinstance(one.arrivals, Rates)


def test_groups_of_one_pool_get_names_of_their_own_and_a_group_of_one_is_its_agent() -> None:
    groups = [{"count": 2, "pool": "home"}, {"count": 2, "pool": "home", "seats": 3}, {"id": "night", "pool": "home"}]
    plan = floor(agents=groups).scenario.plan
    assert sorted(plan.agents) == ["home-1", "home-2", "home-b-1", "home-b-2", "night"]
    assert plan.agents[AgentId("home-b-1")].seats == 3


def test_every_rule_of_the_plan_can_be_said() -> None:
    plan = floor(
        calls(kind="technical", skills={"router": 2}, floor="C1", residency=["EU"], zone="Europe/Berlin", priority=3),
        agents=[{"count": 1, "pool": "home", "languages": {"en": "C2"}, "skills": {"router": 3}}, {"count": 1, "pool": "far"}],
        pools=[{"id": "home"}, {"id": "far", "vendor": "lumen"}],
        brands=[{"id": "acme", "floor": "B2", "wishes": [{"until_seconds": 60, "level": "C1"}], "residency": ["DE"]}],
        contracts=[
            {"pool": "home", "price": 2.5, "cap_per_day": 600, "minimum_per_day": 10},
            {"vendor": "lumen", "tier": 1, "budget_per_day": 100, "price": 2, "answer_within_seconds": 30},
        ],
        shares=[{"id": "split", "weights": {"home": 3, "lumen": 2}, "strict": True}],
        rules={
            "choice": ["lowest_cost"],
            "sticky_hold_seconds": 5,
            "ageing_guard_seconds": None,
            "weights": {"chat": 2, "email": 1},
        },
    ).scenario.plan
    assert plan.contracts[ContractId("home")].price == 250
    assert plan.contracts[ContractId("lumen")].budget_per_day == 10_000
    assert plan.shares["split"].weights == {"home": 3, "lumen": 2}
    assert plan.brands[BrandId("acme")].wishes[0].level is Level.C1
    assert plan.policy.ageing_guard_seconds is None


def test_offers_ring_where_the_file_says_how_agents_behave() -> None:
    simulation = floor(
        agents=[{"count": 1, "pool": "home"}, {"count": 1, "pool": "away", "behaviour": {"decline_probability": 0.5}}],
        pools=[{"id": "home"}, {"id": "away"}],
        behaviour={"accept": {"deterministic": 3}},
    )
    assert simulation.scenario.plan.policy.auto_accept == frozenset()
    assert simulation.scenario.behaviours[AgentId("away")].accept == Deterministic(seconds=3)
    assert simulation.scenario.behaviours[AgentId("away")].decline_probability == 0.5


def test_a_service_time_may_differ_by_channel_and_pool() -> None:
    service = {
        "exponential": 240,
        "by_channel": {"email": {"lognormal": {"mean": 600, "cv": 1}}},
        "by_pool": {"home": {"deterministic": 100}},
        "by_language_level": {"B2": 1.25},
        "by_skill_level": {"router": {2: 1.2}},
    }
    (chat,) = floor(calls(service=service)).scenario.traffic
    (email,) = floor(calls(service=service, channel="email")).scenario.traffic
    assert chat.service.base == Exponential(mean=240)
    assert email.service.base == Lognormal.of_mean(600, 1)
    assert chat.service.by_pool == {"home": Deterministic(seconds=100)}
    assert chat.service.by_level == {Level.B2: 1.25}


def test_a_week_is_written_by_days() -> None:
    (one,) = floor({**calls(), "arrivals": {"per_hour": {"mon-fri": list(range(24)), "sat,sun": 2}}}).scenario.traffic
    assert isinstance(one.arrivals, Rates)
    assert one.arrivals.per_hour[9] == 9
    assert one.arrivals.per_hour[4 * 24 + 23] == 23
    assert one.arrivals.per_hour[5 * 24] == 2


def test_times_and_workspaces_are_read_from_the_files_that_are_named() -> None:
    files = {
        "times.txt": "0\n12.5\n80\n",
        "floor.yaml": (DOCS.parent / "contact_hub/workspace/demo.yaml").read_text(encoding="utf-8"),
    }
    text = """\
workspace_file: floor.yaml
traffic:
  - {name: fr, brand: velour-maison, languages: [fr], arrivals: {times_file: times.txt}, service: {deterministic: 60}}
rules: {sticky_hold_seconds: 5}
"""
    scenario = parse(text, files.__getitem__).scenario
    assert scenario.traffic[0].arrivals == Times(seconds=(0, 12.5, 80))
    assert scenario.plan.policy.sticky_hold_seconds == 5
    assert scenario.plan.policy.wrap_up_seconds == 120, "what the workspace leaves out is not guessed"
    assert scenario.plan.brands[BrandId("velour-maison")].certification_required


def test_a_comparison_puts_sections_over_the_file() -> None:
    first, second = parse_pair(
        ERLANG_C, "agents: [{count: 9, pool: home}]\nrules: {priority_step_seconds: 10}\n", no_files, no_files
    )
    assert len(second.scenario.plan.agents) == 9
    assert second.scenario.plan.policy.choice == (), "rules are put over key by key"
    assert second.scenario.traffic == first.scenario.traffic


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("patience: {exponential: 0}", "distribution_invalid"),
        ("patience: {exponential: -3}", "distribution_invalid"),
        ("patience: {exponential: 60, deterministic: 3}", "distribution_invalid"),
        ("patience: {weibull: 60}", "distribution_invalid"),
        ("patience: {exponential: 1e6}", "distribution_invalid"),
        ("patience: {lognormal: {mean: 60}}", "distribution_invalid"),
        ("patience: {hyperexponential: {weights: [1], means: [1, 2]}}", "distribution_invalid"),
        ("patience: {uniform: [3, 1]}", "distribution_invalid"),
        ("patience: {empirical: []}", "distribution_invalid"),
        ("wrap_up: 30", "distribution_invalid"),
        ("waiting_room: -1", "number_out_of_range"),
        ("floor: D1", "level_invalid"),
        ("languages: [xx]", "language_unknown"),
        ("pool: nowhere", "reference_unknown"),
        ("patients: {exponential: 3}", "field_unknown"),
        ("channel: telepathy", "choice_unknown"),
    ],
)
def test_nonsense_in_traffic_is_refused_in_its_place(line: str, code: str) -> None:
    (found,) = refusal(with_traffic(line))
    assert found == (code, f"traffic[0].{line.partition(':')[0]}" + ("[0]" if "[xx]" in line else ""), 8)


@pytest.mark.parametrize(
    "arrivals",
    ["{per_hour: -1}", "{per_hour: 0}", "{per_hour: [1, 2]}", "{per_hour: {someday: 3}}", "{per_hour: {mon: 1, mon-fri: 2}}", "{per_minute: 3}",
     "{times: [3, 1]}", "{per_hour: 3, zone: Mars}", "{per_hour: 3, process: chaotic}", "100"],
)  # fmt: skip
def test_arrivals_that_make_no_sense_are_refused(arrivals: str) -> None:
    (found,) = refusal(ERLANG_C.replace("{per_hour: 100}", arrivals))
    assert found == ("arrivals_invalid", "traffic[0].arrivals", 6)


def test_what_cannot_be_guessed_is_asked_for() -> None:
    assert refusal(
        ERLANG_C.replace("  - {count: 8, pool: home}", "  - {count: 8}\n  - {count: 1, pool: a}\n  - {count: 1, pool: b}")
    ) == [("pool_ambiguous", "agents[0]", 3)]
    assert refusal(ERLANG_C + "brands: [{id: a}, {id: b}]\n") == [("brand_ambiguous", "traffic[0]", 5)]
    assert refusal(ERLANG_C + "clients: [{id: a}, {id: b}]\nbrands: [{id: x, client: a}]\ncontracts: [{pool: home}]\n") == [
        ("client_ambiguous", "contracts[0]", 11)
    ]


def test_parts_that_do_not_fit_are_told_together() -> None:
    text = ERLANG_C + "shares: [{id: s, weights: {home: 1, away: 1}}]\nbehaviour: {disconnect_every: {exponential: 3600}}\n"
    assert refusal(text) == [
        ("contract_unknown", "shares[0].weights.away", 9),
        ("behaviour_invalid", "behaviour", 10),
    ]


def test_a_problem_of_alike_agents_is_told_once_at_their_group() -> None:
    text = ERLANG_C.replace("{count: 8, pool: home}", "{count: 8, pool: home, personas: {ghost: {name: Ghost}}}")
    assert refusal(text) == [("reference_unknown", "agents[0].personas.ghost", 3)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1, 2]", "type_wrong"),
        ("agents: {}", "type_wrong"),
        ("traffic: [3]", "type_wrong"),
        ("rules: 3\ntraffic: []", "type_wrong"),
        ("agents: []", "traffic_missing"),
        ("workspace_file: gone.yaml", "file_unreadable"),
        ("traffic: &a [1]", "yaml_alias"),
        (ERLANG_C.replace("name: Erlang C", "start: yesterday"), "start_invalid"),
        (ERLANG_C.replace("service_levels: [20]", "arrivals: 0"), "number_out_of_range"),
        (ERLANG_C + "shares: [{id: s, weights: {home: 1}}]\n", "share_invalid"),
        (
            ERLANG_C.replace("traffic:", "traffic:\n  - {name: calls, arrivals: {per_hour: 1}, service: {exponential: 1}}"),
            "name_twice",
        ),
    ],
)
def test_nonsense_anywhere_has_a_code_and_never_a_traceback(text: str, code: str) -> None:
    assert code in {found for found, _, _ in refusal(text)}


def test_every_code_is_documented_and_none_is_taken() -> None:
    page = (DOCS / "simulator.md").read_text(encoding="utf-8")
    assert not [code for code in SENTENCES if f"`{code}`" not in page]
    assert not set(SENTENCES) & set(RULES)


@pytest.mark.parametrize("file", sorted((DOCS / "simulations").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_valid(file: Path) -> None:
    def beside(name: str) -> str:
        return (file.parent / name).read_text(encoding="utf-8")

    text = file.read_text(encoding="utf-8")
    if "traffic:" in text:
        parse(text, beside)
    else:
        base = file.with_name(file.stem.rpartition("-")[0] + ".yaml")
        parse_pair(base.read_text(encoding="utf-8"), text, beside, beside)
