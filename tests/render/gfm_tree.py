"""What GitHub would make of a Markdown text: its tokens, read by a real parser with tables and links."""

import re
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

OUR_TAGS = re.compile(r"</?code>|<wbr>|</?sub>")
OUR_BLOCKS = re.compile(r"<details(?: open)?><summary>[^<>\n]*</summary>\n?|</details>\n?")
REFERENCES = re.compile(r"(?i)@\w|#\d|\bGH-\d|:[a-z_+]+:|://|www\.|\$\S")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u3164\u115f\u1160\x00-\x08\x0b-\x1f\x7f]")


def _parser() -> MarkdownIt:
    """GitHub's dialect; addresses are recognised as GitHub does, which wants a scheme or an @."""
    markdown = MarkdownIt("gfm-like")
    assert markdown.linkify is not None
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": True})
    return markdown


PARSER = _parser()


class Tree:
    """A Markdown text and what it is made of."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.blocks: list[Token] = PARSER.parse(source)

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens, those within lines as well."""
        return [token for block in self.blocks for token in (block, *(block.children or ()))]

    @property
    def links(self) -> list[str]:
        """Where links lead, and where images are from."""
        found = [token for token in self.tokens if token.type in {"link_open", "image"}]
        return [str(token.attrs.get("href") or token.attrs.get("src")) for token in found]

    @property
    def foreign_html(self) -> list[str]:
        """Mark-up that is not ours."""
        ours = {"html_inline": OUR_TAGS, "html_block": OUR_BLOCKS}
        html = [token for token in self.tokens if token.type in ours]
        return [token.content for token in html if not ours[token.type].fullmatch(token.content)]

    @property
    def spoken(self) -> str:
        """The text outside of code: what GitHub searches for mentions and references."""
        said, depth = [], 0
        for token in self.tokens:
            if token.type == "html_inline":
                depth += {"<code>": 1, "</code>": -1}.get(token.content, 0)
            elif token.type == "text" and not depth:
                said.append(token.content)
        assert depth == 0
        return "\n".join(said)

    @property
    def unfenced(self) -> str:
        """The source without fenced lines."""
        lines = self.source.split("\n")
        for token in self.blocks:
            if token.type == "fence" and token.map:
                lines[token.map[0] : token.map[1]] = [""] * (token.map[1] - token.map[0])
        return "\n".join(lines)

    @property
    def widths(self) -> list[int]:
        """Cells of every row of every table."""
        found: list[int] = []
        for token in self.blocks:
            if token.type == "tr_open":
                found.append(0)
            elif token.type in {"td_open", "th_open"}:
                found[-1] += 1
        return found

    @property
    def outline(self) -> list[str]:
        """Headings, tables, fences and titles of folds, in order."""
        found = []
        for before, token in zip([None, *self.blocks], self.blocks, strict=False):
            if before is not None and before.type == "heading_open":
                found.append(token.content)
            elif token.type in {"table_open", "fence"}:
                found.append(token.type.removesuffix("_open"))
            elif token.type == "html_block" and "<summary>" in token.content:
                found.append(re.sub("<[^>]*>", "", token.content).strip())
        return found
