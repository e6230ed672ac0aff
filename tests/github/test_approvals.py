"""An approval counts for one commit, from somebody with write permission who is not the author."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gatebot.github import conversation
from gatebot.github.api import Api
from gatebot.github.approvals import Approval, Head, Kind, Refusal, read
from gatebot.github.comment_section import MARKER
from gatebot.github.pull import pull
from tests.github.fake_github import AUTHOR, FakeGitHub

HEAD = "abcdef0" + "1" * 33
OLD = "2" * 40
PUSHED = datetime(2026, 11, 20, tzinfo=UTC)
"""Since when GitHub has known the head, by its own clock."""


@pytest.fixture
def number(github: FakeGitHub) -> int:
    for login, permission in (("maintainer", "admin"), ("colleague", "write"), ("reader", "read"), (AUTHOR, "admin")):
        github.user(login, permission)
    github.commit(OLD)
    return github.pull(HEAD)


def asked(api: Api, number: int) -> tuple[tuple[Approval, ...], tuple[Refusal, ...]]:
    now = pull(api, number)
    return read(api, conversation.read(api, number), Head(now.head_sha, now.author, lambda: PUSHED))


def approvals(api: Api, number: int) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    counted, refused = asked(api, number)
    return [(a.login, a.kind, a.priority) for a in counted], [(r.login, r.why) for r in refused]


def test_a_review_of_the_head_counts(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "colleague", "APPROVED")
    (approval,), refused = asked(api, number)
    assert (approval.login, approval.sha, approval.kind, approval.permission) == (
        "colleague",
        HEAD,
        Kind.REVIEW,
        "write",
    )
    assert approval.at is not None
    assert refused == ()


@pytest.mark.parametrize(
    ("reviews", "counts"),
    [
        (["APPROVED", "COMMENTED"], True),
        (["CHANGES_REQUESTED", "APPROVED"], True),
        (["APPROVED", "CHANGES_REQUESTED"], False),
        (["DISMISSED"], False),
        (["COMMENTED"], False),
        (["PENDING"], False),
    ],
)
def test_the_last_word_of_a_reviewer(
    github: FakeGitHub, api: Api, number: int, reviews: list[str], counts: bool
) -> None:
    for state in reviews:
        github.review(number, "colleague", state)
    assert bool(approvals(api, number)[0]) == counts


@pytest.mark.parametrize(
    ("login", "why"),
    [
        (AUTHOR, "the author cannot accept"),
        (AUTHOR.upper(), "the author cannot accept"),
        ("reader", "it takes write permission; reader has read"),
        ("stranger", "it takes write permission; stranger has read"),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_who_cannot_accept(github: FakeGitHub, api: Api, number: int, login: str, why: str, kind: Kind) -> None:
    if kind is Kind.REVIEW:
        github.review(number, login, "APPROVED")
    else:
        github.comment(number, login, f"/gatebot accept {HEAD}")
    assert approvals(api, number) == ([], [(login, why)])


def test_nobody_accepts_for_an_author_who_is_gone(github: FakeGitHub, api: Api, number: int) -> None:
    github.state.pulls[str(number)]["author"] = ""
    github.review(number, "maintainer", "APPROVED")
    assert approvals(api, number)[0] == []
    github.faults.clear()  # the description says that there is always an author


def test_a_push_revokes(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "colleague", "APPROVED")
    github.comment(number, "maintainer", f"/gatebot accept P1 {HEAD}")
    github.push_to_pull(number, "3" * 40)
    counted, refused = approvals(api, number)
    assert counted == []
    assert [login for login, _ in refused] == ["colleague", "maintainer"]
    assert all(f"the head is {'3' * 40}" in why for _, why in refused)


def test_a_review_whose_commit_is_gone(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "colleague", "APPROVED")
    github.state.reviews[str(number)][0]["sha"] = None
    assert approvals(api, number) == (
        [],
        [("colleague", f"it is about a commit that is gone, the head is {HEAD}")],
    )


@pytest.mark.parametrize(
    ("body", "priority"),
    [
        (f"/gatebot accept {HEAD}", ""),
        (f"/gatebot accept P2 {HEAD}", "P2"),
        (f"```\nsome code\n```\n<!-- hidden -->\n/gatebot accept {HEAD}", ""),
        (f"Looks fine.\r\n\r\n  /gatebot  accept P0 {HEAD.upper()} known drift, see #4\r\n", "P0"),
    ],
)
def test_the_command(github: FakeGitHub, api: Api, number: int, body: str, priority: str) -> None:
    github.comment(number, "colleague", body)
    (approval,), refused = asked(api, number)
    assert (approval.sha, approval.priority, approval.kind) == (HEAD, priority, Kind.COMMENT)
    assert approval.reason == ("known drift, see #4" if "drift" in body else "")
    assert refused == ()


@pytest.mark.parametrize(
    "body",
    [
        "/gatebot accept",
        "/gatebot accept P2",
        f"/gatebot accept P9 {HEAD}",
        f"/gatebot accept {HEAD[:6]}",
        "/gatebot accept main",
    ],
)
def test_a_command_that_says_too_little_is_explained(github: FakeGitHub, api: Api, number: int, body: str) -> None:
    github.comment(number, "colleague", body)
    counted, ((login, why),) = approvals(api, number)
    assert (counted, login) == ([], "colleague")
    assert "the command reads" in why


@pytest.mark.parametrize(
    "body",
    [
        f"> /gatebot accept {HEAD}",
        f"do not /gatebot accept {HEAD}",
        "/gatebot help",
        None,
        f"To accept, write:\n```\n/gatebot accept {HEAD}\n```",
        f"~~~~ text\n~~~\n/gatebot accept {HEAD}\n~~~~",
        f"```\n/gatebot accept {HEAD}",  # a fence that nobody closes
        f"    /gatebot accept {HEAD}",
        f"\t/gatebot accept {HEAD}",
        f"<!-- a template says\n/gatebot accept {HEAD}\n-->",
        f"<!--\n/gatebot accept {HEAD}",
    ],
)
def test_other_words_mean_nothing(github: FakeGitHub, api: Api, number: int, body: str | None) -> None:
    github.comment(number, "colleague", "x")
    github.state.comments[-1]["body"] = body or ""
    assert approvals(api, number) == ([], [])


@pytest.mark.parametrize(
    ("given", "priority"), [(HEAD[:7], ""), (HEAD[:12], "P2 "), (HEAD[:39], ""), (HEAD + "0" * 24, "")]
)
def test_a_part_of_the_id_is_refused_with_the_whole_ready_to_copy(
    github: FakeGitHub, api: Api, number: int, given: str, priority: str
) -> None:
    """Seven digits are found a second time in a tenth of a second."""
    github.comment(number, "maintainer", f"/gatebot accept {priority}{given} fine")
    counted, ((_, why),) = approvals(api, number)
    assert counted == []
    assert why.endswith(f"/gatebot accept {priority}{HEAD}")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("later_s", "counts"), [(-3600, False), (0, False), (1, True)])
def test_an_acceptance_is_younger_than_the_head(
    github: FakeGitHub, api: Api, number: int, kind: Kind, later_s: int, counts: bool
) -> None:
    if kind is Kind.REVIEW:
        github.review(number, "maintainer", "APPROVED")
    else:
        github.comment(number, "maintainer", f"/gatebot accept {HEAD}")
    pull_conversation = conversation.read(api, number)
    made = (
        pull_conversation.reviews[0].submitted_at if kind is Kind.REVIEW else pull_conversation.comments[0].created_at
    )
    assert made is not None
    since = made - timedelta(seconds=later_s)
    counted, refused = read(api, pull_conversation, Head(HEAD, AUTHOR, lambda: since))
    assert (len(counted), len(refused)) == ((1, 0) if counts else (0, 1))
    assert counts or "not younger than the head" in refused[0].why


def test_where_github_does_not_say_since_when_nothing_counts(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "maintainer", "APPROVED")
    counted, (refusal,) = read(api, conversation.read(api, number), Head(HEAD, AUTHOR, lambda: None))
    assert counted == ()
    assert "does not say" in refusal.why


def test_a_dismissal_that_stands_beside_the_review(github: FakeGitHub, api: Api, number: int) -> None:
    """Whatever the review's own state says there."""
    github.review(number, "maintainer", "APPROVED")
    review = github.state.reviews[str(number)][0]["id"]
    moments = [
        {"event": "reviewed", "id": review, "state": "approved", "user": {"login": "maintainer"}, "commit_id": HEAD},
        {"event": "review_dismissed", "id": 1, "dismissed_review": {"review_id": review, "state": "approved"}},
    ]
    github.fail("GET", "/timeline", 200, raw=json.dumps(moments).encode())
    assert approvals(api, number) == ([], [])


def test_what_nobody_meant_costs_no_question(github: FakeGitHub, api: Api, number: int) -> None:
    """Neither who may, nor since when: one list tells it."""
    github.comment(number, "maintainer", "nice work")
    github.comment(number, "maintainer", f"/gatebot accept {OLD}")
    before = len(github.seen)
    read(api, conversation.read(api, number), Head(HEAD, AUTHOR, lambda: pytest.fail("asked")))
    assert len(github.seen) - before == 1


def test_our_own_comment_shows_the_command_and_accepts_nothing(github: FakeGitHub, api: Api, number: int) -> None:
    """Whoever's token has written it."""
    github.comment(number, "maintainer", f"{MARKER}\n```\n/gatebot accept {HEAD}\n```")
    assert approvals(api, number) == ([], [])


def test_an_edited_comment_may_be_anybodys(github: FakeGitHub, api: Api, number: int) -> None:
    github.comment(number, "maintainer", f"/gatebot accept {HEAD}", edited=True)
    counted, ((_, why),) = approvals(api, number)
    assert counted == []
    assert "edited" in why


def test_another_commit_is_not_accepted(github: FakeGitHub, api: Api, number: int) -> None:
    github.comment(number, "maintainer", f"/gatebot accept {OLD}")
    assert approvals(api, number)[0] == []


def test_every_page_is_read_and_every_permission_once(github: FakeGitHub, api: Api, number: int) -> None:
    for _ in range(120):
        github.comment(number, "reader", f"/gatebot accept {HEAD}")
    github.comment(number, "maintainer", f"/gatebot accept {HEAD}")
    assert approvals(api, number)[0] == [("maintainer", "comment", "")]
    assert len(github.asked("GET", "/permission")) == 2
