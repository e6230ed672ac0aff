"""One comment per pull request, whatever happens at the same time."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebot.github.api import Api
from gatebot.github.api_errors import InvalidError, OfflineError, UnavailableError
from gatebot.github.comment import Mode, hand_over, publish
from gatebot.github.comment_section import MARKER, Section, SectionStamp, joined, parted
from gatebot.github.outcome import NoCommentNeeded, NotPermitted, Superseded, Unchanged, Written
from gatebot.github.run_order import RunOrder
from tests.github.conftest import connected
from tests.github.fake_github import BOT, PAT, FakeGitHub, Seen


def section(github: FakeGitHub, number: int, body: str = "pass", project: str = "tickets", *, run: int = 7) -> Section:
    head = github.state.pulls[str(number)]["head_sha"]
    return Section(project, SectionStamp(head, RunOrder.of_run(run)), body)


def sections(comment: str) -> dict[str, str]:
    return {found.project: found.body for found in parted(comment)}


def test_first_publication_opens_one_comment(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    outcome = publish(api, number, section(github, number, "hello"))
    assert isinstance(outcome, Written)
    assert outcome.created
    assert outcome.url.startswith("https://github.com/octo/model/pull/1#issuecomment-")
    (body,) = github.bodies(number)
    assert body.startswith(MARKER)
    assert sections(body) == {"tickets": "hello"}


def test_the_same_again_writes_nothing(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number))
    before = len(github.asked("PATCH"))
    assert isinstance(publish(api, number, section(github, number)), Unchanged)
    assert len(github.asked("PATCH")) == before
    assert len(github.bodies(number)) == 1


def test_a_new_text_is_written_in_place(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number, "old"))
    outcome = publish(api, number, section(github, number, "new"))
    assert outcome == Written(outcome.url, created=False)  # type: ignore[union-attr]
    assert [sections(body) for body in github.bodies(number)] == [{"tickets": "new"}]


def test_other_projects_keep_their_sections_byte_for_byte(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    odd = "| a | b |\n|---|---|\n\n  trailing  \n\n<details>\n\n```\n## x\n```\n</details>"
    publish(api, number, section(github, number, odd, "ranking"))
    publish(api, number, section(github, number, "one", "tickets"))
    publish(api, number, section(github, number, "two", "tickets"))
    (body,) = github.bodies(number)
    assert sections(body) == {"ranking": odd, "tickets": "two"}


def test_ours_is_found_by_author_and_marker_over_all_pages(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    forged = joined({"tickets": section(github, number, "forged")})
    for index in range(130):
        github.comment(number, "chatty", forged if index % 10 == 0 else "LGTM")
    github.comment(number, BOT, f"quoted:\n> {MARKER}")  # another workflow of the same author
    publish(api, number, section(github, number, "first"))
    for _ in range(130):
        github.comment(number, "chatty", "more")
    publish(api, number, section(github, number, "second"))
    ours = [row for row in github.state.comments if row["login"] == BOT and row["body"].startswith(MARKER)]
    assert [sections(row["body"]) for row in ours] == [{"tickets": "second"}]
    assert all(row["body"] in (forged, "LGTM", "more") for row in github.state.comments if row["login"] == "chatty")


def test_duplicates_of_ours_are_merged_into_the_oldest(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    github.comment(number, BOT, joined({"a": section(github, number, "from a", "a")}))
    github.comment(number, BOT, joined({"b": section(github, number, "from b", "b")}))
    github.comment(number, BOT, joined({"a": section(github, number, "newer a", "a", run=8)}))
    oldest = github.state.comments[0]["id"]
    publish(api, number, section(github, number, "mine"))
    assert [row["id"] for row in github.state.comments] == [oldest]
    assert sections(github.bodies(number)[0]) == {"a": "newer a", "b": "from b", "tickets": "mine"}


def test_two_runs_that_create_at_once_end_with_one_comment(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    rival = joined({"ranking": section(github, number, "rival", "ranking")})

    def rival_is_faster(seen: Seen) -> None:
        if seen.verb == "POST" and "/comments" in seen.path and not github.bodies(number):
            github.comment(number, BOT, rival)

    github.before.append(rival_is_faster)
    publish(api, number, section(github, number, "mine"))
    (body,) = github.bodies(number)
    assert sections(body) == {"ranking": "rival", "tickets": "mine"}


def test_a_lost_update_is_noticed_and_repeated(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number, "old"))
    rival = joined({"ranking": section(github, number, "rival", "ranking")})
    overwritten: list[Seen] = []

    def rival_overwrites(seen: Seen) -> None:
        written = any("new" in body for body in github.bodies(number))
        if seen.verb == "GET" and written and not overwritten:
            overwritten.append(seen)
            github.state.comments[0]["body"] = rival

    github.before.append(rival_overwrites)
    publish(api, number, section(github, number, "new"))
    assert sections(github.bodies(number)[0]) == {"ranking": "rival", "tickets": "new"}


@pytest.mark.parametrize("status", [0, 502], ids=["connection drops", "502"])
def test_a_created_comment_whose_answer_was_lost_is_not_made_twice(github: FakeGitHub, api: Api, status: int) -> None:
    number = github.pull()
    github.fail("POST", "/comments", status, after=True)
    assert isinstance(publish(api, number, section(github, number)), Written | Unchanged)
    assert len(github.bodies(number)) == 1


@pytest.mark.parametrize(("status", "error"), [(0, OfflineError), (503, UnavailableError)])
def test_a_comment_that_was_not_created_is_an_error(
    github: FakeGitHub, api: Api, status: int, error: type[Exception]
) -> None:
    number = github.pull()
    github.fail("POST", "/comments", status, times=99)
    with pytest.raises(error):
        publish(api, number, section(github, number))
    assert github.bodies(number) == []


def test_a_comment_that_somebody_deletes_meanwhile_is_made_again(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number, "old"))

    def delete(seen: Seen) -> None:
        if seen.verb == "PATCH":
            github.state.comments.clear()
            github.before.clear()

    github.before.append(delete)
    assert isinstance(publish(api, number, section(github, number, "new")), Written)
    assert [sections(body) for body in github.bodies(number)] == [{"tickets": "new"}]


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        pytest.param("8.1", "7.1", "first", id="an older run is late"),
        pytest.param("8.1", "7.2", "first", id="an older run is run again"),
        pytest.param("7.1", "7.2", "second", id="a run is run again"),
        pytest.param("7.1", "8.1", "second", id="in order"),
        pytest.param("7.1", "7.1.9.1", "second", id="judged again"),
        pytest.param("7.1.9.1", "7.2", "second", id="judged again, and run again since"),
        pytest.param("7.1.10.1", "7.1.9.1", "first", id="an older judgement is late"),
    ],
)
def test_the_newest_run_has_the_word(
    github: FakeGitHub, api: Api, first: str, second: str, stays: str, pushed: bool
) -> None:
    """On one commit and, where somebody has pushed meanwhile, on two."""
    number = github.pull()
    for body, text in (("first", first), ("second", second)):
        order = RunOrder.of_text(text)
        assert order is not None
        mine = section(github, number, body)
        outcome = publish(api, number, replace(mine, stamp=SectionStamp(mine.stamp.head_sha, order)))
        if pushed:
            github.push_to_pull(number)
    assert isinstance(outcome, Superseded) == (stays == "first")
    assert sections(github.bodies(number)[0]) == {"tickets": stays}


def test_sections_of_older_versions_are_read(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    head = github.state.pulls[str(number)]["head_sha"]
    opened = f"<!-- gatebot section project=tickets head={head} began=1795000000 run=6.2 -->"
    github.comment(number, BOT, "\n".join([MARKER, opened, "old", "<!-- gatebot end -->"]))
    publish(api, number, section(github, number, "new"))
    assert [sections(body) for body in github.bodies(number)] == [{"tickets": "new"}]


def test_what_an_older_run_wrote_over_a_newer_ones_section_is_given_back(github: FakeGitHub, api: Api) -> None:
    """Its words are lost; what it said is not. A section that is newer still stays, and so do those of others."""
    number = github.pull()
    for name, run in (("tickets", 7), ("ranking", 7), ("other", 9)):
        publish(api, number, section(github, number, f"run {run}", name, run=run))
    newest = section(github, number, "blocked", run=8)
    assert hand_over(api, number, {"tickets": newest})
    assert sections(github.bodies(number)[0]) == {"tickets": "blocked", "ranking": "run 7", "other": "run 9"}
    assert hand_over(api, number, {None: newest})
    assert sections(github.bodies(number)[0]) == {"tickets": "blocked", "ranking": "blocked", "other": "run 9"}
    before = len(github.asked("PATCH"))
    assert not hand_over(api, number, {None: newest})
    assert len(github.asked("PATCH")) == before


def test_the_same_text_about_a_new_head_is_stamped_anew(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number, "pass"))
    head = github.push_to_pull(number)
    assert isinstance(publish(api, number, section(github, number, "pass")), Written)
    assert [found.stamp.head_sha for found in parted(github.bodies(number)[0])] == [head]


@pytest.mark.parametrize(
    ("mode", "notable", "there", "outcome"),
    [
        (Mode.ALWAYS, False, False, Written),
        (Mode.ALWAYS, True, True, Written),
        (Mode.ON_CHANGE, False, False, NoCommentNeeded),
        (Mode.ON_CHANGE, True, False, Written),
        (Mode.ON_CHANGE, False, True, Written),
        (Mode.NEVER, True, False, NoCommentNeeded),
        (Mode.NEVER, True, True, NoCommentNeeded),
    ],
)
def test_modes(github: FakeGitHub, api: Api, mode: Mode, notable: bool, there: bool, outcome: type) -> None:
    number = github.pull()
    if there:
        publish(api, number, section(github, number, "blocked"))
    assert isinstance(publish(api, number, section(github, number, "pass"), mode=mode, notable=notable), outcome)


def test_a_fork_cannot_comment_and_that_is_no_error(github: FakeGitHub, fork_api: Api) -> None:
    number = github.pull(fork_id=77)
    outcome = publish(fork_api, number, section(github, number))
    assert isinstance(outcome, NotPermitted)
    assert "pull-requests: write" in outcome.hint


def test_a_locked_conversation_is_no_error(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    github.state.pulls[str(number)]["locked"] = True
    outcome = publish(api, number, section(github, number))
    assert isinstance(outcome, NotPermitted)
    assert "Unlock" in outcome.hint


def test_a_token_that_knows_its_name_uses_it(github: FakeGitHub) -> None:
    number = github.pull()
    with connected(github, PAT) as api:
        publish(api, number, section(github, number, "one"))
        publish(api, number, section(github, number, "two"))
    assert [row["login"] for row in github.state.comments] == ["releaser"]


@pytest.mark.parametrize("graphql", [200, 502, 403])
def test_an_app_that_is_not_the_default_one(github: FakeGitHub, graphql: int) -> None:
    """It may not ask REST who it is; where GraphQL does not say either, its first comment does."""
    github.token("app", "acme-gate[bot]", {"pull_requests": "write"}, installation=True)
    number = github.pull()
    for text in ("one", "two"):
        if graphql != 200:
            github.fail("POST", "/graphql", graphql)
        with connected(github, "app") as api:
            publish(api, number, section(github, number, text))
    assert [sections(body) for body in github.bodies(number)] == [{"tickets": "two"}]


def test_an_enterprise_server(waits: list[float]) -> None:
    """Its API has a prefix, in the links between pages and at the other API too."""
    with FakeGitHub(prefix="/api/v3") as github, connected(github) as api:
        number = github.pull()
        for _ in range(120):
            github.comment(number, "chatty", "LGTM")
        publish(api, number, section(github, number, "one"))
        publish(api, number, section(github, number, "two"))
        assert [sections(body) for body in github.bodies(number)[120:]] == [{"tickets": "two"}]
        assert github.faults == []


def test_web_line_ends_do_not_hide_our_sections(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    publish(api, number, section(github, number, "one", "a"))
    github.state.comments[0]["body"] = github.state.comments[0]["body"].replace("\n", "\r\n")
    publish(api, number, section(github, number, "two", "b"))
    assert sections(github.bodies(number)[0]) == {"a": "one", "b": "two"}


def test_a_body_beyond_the_limit_is_cut_and_posted(github: FakeGitHub, api: Api) -> None:
    number = github.pull()
    huge = "<details>\n" + "\n".join(f"| row {i} | 🦊 |" for i in range(20_000)) + "\n</details>"
    publish(api, number, section(github, number, huge))
    (body,) = github.bodies(number)
    assert body.count("<details>") == body.count("</details>") == 1
    assert "lines cut" in body


def test_the_limit_itself_is_githubs(github: FakeGitHub, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatebot.github.comment_section.MAX_COMMENT", 70_000)
    number = github.pull()
    with pytest.raises(InvalidError, match="too long"):
        publish(api, number, section(github, number, "x\n" * 34_000))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.text(max_size=200), min_size=1, max_size=3), project=st.text(max_size=20))
def test_publishing_any_text_any_number_of_times_leaves_one_comment(
    github: FakeGitHub, api: Api, bodies: list[str], project: str
) -> None:
    number = github.pull()
    for body in [*bodies, bodies[-1]]:
        publish(api, number, section(github, number, body, project))
    (comment,) = github.bodies(number)
    assert len(list(parted(comment))) == 1
