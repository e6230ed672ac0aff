"""`data:`: where the data lies, how it is read and split."""

import codecs
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gatebot.config.sections.section import Patterns, Seconds, Section, Word
from gatebot.core.address import BadAddressError, parse_prefix


class Fetch(Section):
    """A command that brings data which is not in git. Runs before any user code, in base's files, under its own uid."""

    run: str = Field(description="The command. No shell reads it: write `sh -c '…'` for one.")
    secrets: tuple[str, ...] = Field(default=(), description="Names of the variables that this command alone may see.")
    files: Patterns | None = Field(
        default=None,
        description="Files of the commit under test that say which data is meant, such as `data.dvc`. The command runs"
        " in base's files, and these are all that it sees of a pull request. Default: base's `data.version.files`.",
    )
    network: bool = Field(default=True, description="Whether it may open network connections.")
    timeout: Seconds = Field(default=600.0, description="The longest that it may take.")


class AllowedAddress(Section):
    """Addresses that data may be fetched from, and what fetching from there may use."""

    prefix: str = Field(description="One address, or where it ends in `/`, all below it.")
    secrets: tuple[str, ...] = Field(
        default=(),
        description="Names of the variables that reading from there may see, such as `AWS_ACCESS_KEY_ID`.",
    )
    private: bool = Field(
        default=False,
        description="Whether the server may be on this machine or in a private network. Metadata services never are.",
    )

    @field_validator("prefix")
    @classmethod
    def _comparable(cls, value: str) -> str:
        try:
            parse_prefix(value)
        except BadAddressError as error:
            raise ValueError(f"is no address or prefix of addresses: {error}") from error
        return value


def _as_mapping(value: object) -> object:
    return {"prefix": value} if isinstance(value, str) else value


ColumnType = Literal["text", "integer", "number", "boolean"]
AddressRule = Annotated[AllowedAddress, BeforeValidator(_as_mapping, json_schema_input_type=str | AllowedAddress)]


ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "big5", "cp437", "cp850", "cp932", "cp949", "euc_jp"),
    *("euc_kr", "gb18030", "gbk", "koi8-r", "koi8-u", "mac-roman", "shift_jis"),
    *(f"cp125{part}" for part in range(9)),
    *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
)
"""Codecs of Python that are read: those that files are written in, and no other transformations."""


def _encoding(value: object) -> object:
    """Return Python's name of an encoding, such as `iso8859-1` for `Latin-1`."""
    if not isinstance(value, str) or value == "auto":
        return value
    try:
        name = codecs.lookup(value).name
    except (LookupError, ValueError) as error:
        raise ValueError("is no encoding; usual ones are utf-8, utf-16, cp1252 and iso8859-1") from error
    if name not in ENCODINGS:
        raise ValueError("is no encoding of data files; usual ones are utf-8, utf-16, cp1252 and iso8859-1")
    return name


def _separator(value: object) -> object:
    """Return the word for a separator that is given as its character."""
    return _SEPARATORS.get(value, value) if isinstance(value, str) else value


def _one_character(value: str) -> str:
    if value != "none" and not (len(value) == 1 and value.isascii() and value.isprintable() and not value.isalnum()):
        raise ValueError("must be one character such as \" or ', or `none`")
    return value


_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "\\t": "tab", "|": "pipe", " ": "whitespace"}
Encoding = Annotated[str, BeforeValidator(_encoding, json_schema_input_type=str)]
Separator = Annotated[
    Literal["auto", "comma", "semicolon", "tab", "pipe", "whitespace"],
    BeforeValidator(_separator, json_schema_input_type=str),
]
Header = Annotated[int, Field(ge=1, le=10_000)] | Literal["auto", "none"]
Quote = Annotated[str, AfterValidator(_one_character)]


class DataVersion(Section):
    """What identifies data that is not in git."""

    read_from: ClassVar[str] = "head"

    files: Patterns = Field(
        default=(), description="Files, such as `data.dvc`, whose content changes when the data does."
    )


class ColumnSplit(Section):
    """The user's own split: rows whose column says `eval` (or `test`, `val`, `valid`, `validation`) are eval rows."""

    column: str = Field(description="The column that says on which side a row stands.")
    eval: tuple[str, ...] = Field(
        default=("eval", "test", "val", "valid", "validation"),
        description="Its values that mean eval, in upper or lower case.",
    )


class FoldSplit(Section):
    """Out-of-fold predictions: every row is an eval row."""

    folds: Annotated[int, Field(ge=2, le=20)] = Field(
        description="How many models predict the rows, each those that it was not trained on."
    )


class DataRules(Section):
    """How data is read as evidence."""

    fetch: Fetch | None = Field(default=None, description="How data that is not in git is brought.")
    addresses: tuple[AddressRule, ...] | None = Field(
        default=None,
        description="Addresses that `path`, `train` and `eval` may name: prefixes that end in `/`, or whole addresses."
        " Default: those that this file names itself, read without secrets.",
    )
    target: str | None = Field(default=None, description="The column to predict. Eval rows are handed out without it.")
    id: str | None = Field(
        default=None, description="The column that names a row. Without one, a row is known by a hash of its content."
    )
    group: str | None = Field(
        default=None,
        description="The column whose equal values never straddle train and eval; it is also what is independent.",
    )
    time: str | None = Field(default=None, description="The column by which the latest rows become eval rows.")
    split: Literal["auto"] | ColumnSplit | FoldSplit = Field(
        default="auto", description="`auto` splits by a keyed hash; a column of your own or folds are used as they are."
    )
    slices: tuple[str, ...] = Field(default=(), description="Columns each of whose values is held on its own.")
    protected: tuple[str, ...] = Field(
        default=(), description="Columns whose values are held as slices and compared with one another."
    )
    missing: tuple[Word, ...] = Field(
        default=(),
        description="Words that mean that there is no value, such as `NA` or `?`. An empty cell always does; any other"
        " word is a word, except that a column of numbers may say `NA`, `nan`, `null` or `None` for a missing number.",
    )
    types: Literal["native"] | Mapping[str, ColumnType] = Field(
        default_factory=dict,
        description="Types of columns (`text`, `integer`, `number`, `boolean`), such as `{zip: text}`; the others are"
        " taken from base's data. `native`: Python functions get what pandas makes of CSV or Parquet by itself, and"
        " what it takes for missing is missing.",
    )
    contract: str | None = Field(default=None, description="A file with what every column has to keep to.")
    labels: Literal["public", "private"] = Field(
        default="public", description="`private`: labels lie in a store that only the judge reads."
    )


class DataRecipe(Section):
    """Where the data lies."""

    read_from: ClassVar[str] = "head"

    path: Patterns = Field(
        default=(),
        description="Files, globs or addresses (`s3://`, `https://` …) of CSV, TSV, JSON Lines or Parquet.",
    )
    train: Patterns = Field(default=(), description="Train rows, where eval rows lie in files of their own.")
    eval: Patterns = Field(default=(), description="Eval rows that lie in files of their own.")
    encoding: Encoding = Field(
        default="auto",
        description="Encoding of text files, such as `cp1252` or `shift_jis`. `auto` recognises UTF-8 and UTF-16, with"
        " or without a mark, and Windows-1252.",
    )
    separator: Separator = Field(
        default="auto", description="What separates the columns of text files; `whitespace` is any number of spaces."
    )
    header: Header = Field(
        default="auto",
        description="The line of a text file that names the columns, from 1, or `none`. `auto`: the first line, which"
        " must not look like values.",
    )
    columns: tuple[Word, ...] = Field(
        default=(), description="The names of all columns of text files, in place of those of the header."
    )
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of numbers in text files.")
    quote: Quote = Field(default='"', description="The quote of text files: one character, or `none`.")
    version: DataVersion = Field(default=DataVersion(), description="What identifies data that is not in git.")
    assets: Patterns = Field(default=(), description="Files that rows point to, such as images: mounted read-only.")


class Data(DataRules, DataRecipe):
    """`data:`."""

    @model_validator(mode="after")
    def _one_source(self) -> "Data":
        if self.path and (self.train or self.eval):
            raise ValueError("give either `path`, or `train` and `eval`, not both")
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice or "" in self.columns:
            raise ValueError(f"`columns` names {twice[0]!r} twice" if twice else "`columns` has an empty name")
        if bool(self.train) != bool(self.eval):
            raise ValueError("`train` and `eval` come together")
        return self
