"""An approval counts for one commit, from somebody with write permission who is not the author."""

import pytest

from gatebot.github.api import Api
from gatebot.github.approvals import Kind, read
from gatebot.github.pull import pull
from tests.github.fake_github import AUTHOR, FakeGitHub

HEAD = "abcdef0" + "1" * 33
OLD = "2" * 40


@pytest.fixture
def number(github: FakeGitHub) -> int:
    for login, permission in (("maintainer", "admin"), ("colleague", "write"), ("reader", "read"), (AUTHOR, "admin")):
        github.user(login, permission)
    github.commit(OLD)
    return github.pull(HEAD)


def approvals(api: Api, number: int) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    counted, refused = read(api, pull(api, number))
    return [(a.login, a.kind, a.priority) for a in counted], [(r.login, r.why) for r in refused]


def test_a_review_of_the_head_counts(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "colleague", "APPROVED")
    (approval,), refused = read(api, pull(api, number))
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
    github.comment(number, "maintainer", f"/gatebot accept P1 {HEAD[:7]}")
    github.push_to_pull(number, "3" * 40)
    counted, refused = approvals(api, number)
    assert counted == []
    assert [login for login, _ in refused] == ["colleague", "maintainer"]
    assert all("the head is 333333333333" in why for _, why in refused)


def test_a_review_whose_commit_is_gone(github: FakeGitHub, api: Api, number: int) -> None:
    github.review(number, "colleague", "APPROVED")
    github.state.reviews[str(number)][0]["sha"] = None
    assert approvals(api, number) == (
        [],
        [("colleague", "it is about a commit that is gone, the head is abcdef011111")],
    )


@pytest.mark.parametrize(
    ("body", "priority"),
    [
        (f"/gatebot accept {HEAD}", ""),
        (f"/gatebot accept P2 {HEAD[:7]}", "P2"),
        (f"Looks fine.\r\n\r\n  /gatebot  accept P0 {HEAD[:12].upper()} known drift, see #4\r\n", "P0"),
    ],
)
def test_the_command(github: FakeGitHub, api: Api, number: int, body: str, priority: str) -> None:
    github.comment(number, "colleague", body)
    (approval,), refused = read(api, pull(api, number))
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


@pytest.mark.parametrize("body", [f"> /gatebot accept {HEAD}", f"do not /gatebot accept {HEAD}", "/gatebot help", None])
def test_other_words_mean_nothing(github: FakeGitHub, api: Api, number: int, body: str | None) -> None:
    github.comment(number, "colleague", "x")
    github.state.comments[-1]["body"] = body or ""
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
