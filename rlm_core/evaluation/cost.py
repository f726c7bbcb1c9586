"""The price of an answer: price × tokens / accuracy, with dated prices that a person can edit.

A figure that is not known stays unknown: no tokens are guessed from another model's, and no price from another seller's.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rlm_core.blueprint.benchmarks import figures
from rlm_core.blueprint.prices import prices as list_prices
from rlm_core.core.errors import ConfigError

EDITED = "prices.json"
"""Name of the file of edited prices in the data folder."""
PER = 1_000_000
"""Tokens that a price is for."""


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list price of a model.

    price: US dollars per million output tokens; None where there is none.
    date: since when, as YYYY-MM-DD.
    """

    model: str
    price: float | None = None
    date: str = ""
    source: str = ""


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The published accuracy of a model.

    accuracy: share solved in [0,1]; None where it is not known.
    tokens: output tokens per problem; None where they are not published.
    date: of publication, as YYYY-MM-DD.
    """

    model: str
    benchmark: str
    accuracy: float | None = None
    tokens: float | None = None
    date: str = ""
    source: str = ""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of costs.

    local: US dollars per million tokens generated on this machine.
    """

    prices: tuple[Price, ...] = ()
    accuracies: tuple[Accuracy, ...] = ()
    local: float = 0.0

    def price(self, model: str) -> float | None:
        """US dollars per million output tokens of a model; None where it is not known."""
        return next((p.price for p in self.prices if p.model == model), None)


def cost_per_problem(price: float | None, tokens: float | None) -> float | None:
    """US dollars per problem; None where price or tokens are not known.

    >>> cost_per_problem(60.0, 10_000), cost_per_problem(60.0, None)
    (0.6, None)
    """
    return None if price is None or tokens is None else price * tokens / PER


def cost_per_solved(price: float | None, tokens: float | None, accuracy: float | None) -> float | None:
    """US dollars per solved problem: price × tokens / accuracy; None where one of them is not known, or where nothing is solved.

    >>> cost_per_solved(2.19, 8000, 0.8), cost_per_solved(2.19, 8000, 0.0)
    (0.0219, None)
    """
    cost = cost_per_problem(price, tokens)
    return None if cost is None or not accuracy else cost / accuracy


def published() -> Prices:
    """What comes with the app: the list prices of output tokens, and every published figure of a model in that list.

    ConfigError if a file of the Blueprint is wrong.
    """
    listed = list_prices()
    return Prices(
        tuple(Price(p.model, p.output, p.source.date, p.source.text) if p.source else Price(p.model) for p in listed.values()),
        tuple(
            Accuracy(f.model, f.benchmark, round(f.percent / 100, 4), date=f.source.date, source=f"{f.source.text}. {f.note}".strip(" ."))
            for f in figures()
            if f.model in listed
        ),
    )


def prices(folder: Path) -> Prices:
    """Prices as a person edited them in this data folder, else those that come with the app. ConfigError for a damaged file."""
    path = folder / EDITED
    if not path.exists():
        return published()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Prices)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"The edited prices in {path} cannot be read ({error}); reset them, or mend the file.") from None


def keep(folder: Path, edited: Prices) -> None:
    """Keep edited prices. ConfigError for a price, accuracy or number of tokens that cannot be."""
    checked(edited)
    (folder / EDITED).write_bytes(msgspec.json.format(msgspec.json.encode(edited), indent=2))


def reset(folder: Path) -> None:
    """Back to the prices that come with the app."""
    (folder / EDITED).unlink(missing_ok=True)


def checked(edited: Prices) -> Prices:
    """The same prices. ConfigError says which of them cannot be."""
    for p in edited.prices:
        if p.price is not None and not p.price >= 0:
            raise ConfigError(f"The price of {p.model} is {p.price:g}; it must be 0 or more.")
    for a in edited.accuracies:
        if a.accuracy is not None and not 0 <= a.accuracy <= 1:
            raise ConfigError(f"The accuracy of {a.model} on {a.benchmark} is {a.accuracy:g}; it must be from 0 to 1.")
        if a.tokens is not None and not a.tokens >= 0:
            raise ConfigError(f"The tokens of {a.model} on {a.benchmark} are {a.tokens:g}; they must be 0 or more.")
    if not edited.local >= 0:
        raise ConfigError(f"The price of this machine is {edited.local:g}; it must be 0 or more.")
    return edited
