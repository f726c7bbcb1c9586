"""Stories put together from parts: a beginning that gives a number, and an ending that asks for another one.

Every beginning goes with every ending of its subject (things, dollars, a price, people, miles), so that a few sentences tell many
hundreds of stories, and a model that learns them has to read both sentences: no beginning tells which ending comes. A story is held
out by its name, that is by its pair of parts. The places of a text are those of `word_frames`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlm_core.problems.families.word_templates import Numbers, Template

FEW, TIMES, SMALL, SOME, MANY, LOTS = range(2, 6), range(3, 6), range(3, 10), range(3, 12), range(10, 50), range(50, 100)
"""Numbers for the slots: small enough that the words, and not the arithmetic, are what is hard."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence or two with one operation.

    name: unique among the parts of one subject.
    text: with slots {a} and {b} in a beginning, {c} in an ending, {a} in a bare beginning.
    phrase: says what the operation works out; empty for a bare beginning, which only states a number.
    operation: over slots and whole numbers; in an ending r is the number that the beginning gave.
    """

    name: str
    text: str
    phrase: str = ""
    operation: str = ""
    slots: Mapping[str, Numbers] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a group of stories is about.

    bare: beginnings that state a number.
    beginnings: those that make one of two.
    question: asks, right after a beginning, for the number that it gives.
    endings: change the number, and ask.
    events: what happens to the number of a bare beginning by two numbers more, as a - b*c, in two operations.
    """

    name: str
    bare: tuple[Part, ...]
    beginnings: tuple[Part, ...]
    question: str
    endings: tuple[Part, ...]
    events: tuple[tuple[Part, str, str], ...] = ()


def _part(name: str, text: str, phrase: str = "", operation: str = "", **slots: Numbers) -> Part:
    return Part(name, text, phrase, operation, slots)


def _event(name: str, text: str, first: tuple[str, str], last: tuple[str, str], **slots: Numbers) -> tuple[Part, str, str]:
    return Part(name, text, *first, slots), *last


# fmt: off
THINGS = Subject("things",
    bare=(
        _part("has", "{name} has {a} {things}.", a=MANY),
        _part("bought", "{name} bought {a} {things} for the {place}.", a=MANY),
        _part("holder", "In {name}'s {holder} are {a} {things}.", a=MANY),
    ),
    beginnings=(
        _part("holders", "{name} has {a} {holders} with {b} {things} in each.", "{Things} in the {holders}", "a*b", a=SMALL, b=SOME),
        _part("each", "{name} fills {a} {holders}. Each {holder} holds {b} {things}.", "{Things} in the {holders}", "a*b", a=SMALL, b=SOME),
        _part("daily", "{name} makes {b} {things} a day and works for {a} days.", "{Things} made", "a*b", a=SMALL, b=SOME),
        _part("packs", "{name} buys {a} packs of {b} {things}.", "{Things} bought", "a*b", a=SMALL, b=SOME),
        _part("rows", "{name} lays {a} rows of {b} {things} on the floor.", "{Things} in the rows", "a*b", a=SMALL, b=SOME),
        _part("friends", "Each of {a} friends brings {name} {b} {things}.", "{Things} brought", "a*b", a=SMALL, b=SOME),
        _part("finds", "{name} has {a} {things} and finds {b} more.", "{Things} with the new ones", "a+b", a=MANY, b=SOME),
        _part("present", "{name} had {a} {things}. Then {they} got {b} from {other}.", "{Things} with the new ones", "a+b", a=MANY, b=MANY),
        _part("old_new", "{name} has {a} old and {b} new {things}.", "{Things} in all", "a+b", a=MANY, b=MANY),
        _part("two_days", "{name} collected {a} {things} on Friday and {b} on Saturday.", "{Things} collected", "a+b", a=MANY, b=MANY),
        _part("lost", "{name} had {a} {things} and lost {b} of them.", "{Things} after the loss", "a-b", a=LOTS, b=SOME),
        _part("gave", "{name} had {a} {things} and gave {b} of them to {other}.", "{Things} not given away", "a-b", a=LOTS, b=MANY),
        _part("broken", "{name} bought {a} {things}, but {b} of them were broken and went into the bin.", "Whole {things}", "a-b", a=LOTS,
            b=SOME),
        _part("shared", "{a} {things} are shared equally among {b} children, and {name} is one of the children.", "{Things} of {name}",
            "a/b", a=LOTS, b=FEW),
        _part("divide", "{name} and {other} divide {a} {things} equally between them.", "{Things} of {name}", "a/2", a=LOTS),
        _part("twice", "{other} has {a} {things}. {name} has twice as many.", "{Things} of {name}", "a*2", a=MANY),
        _part("times", "{other} has {a} {things}. {name} has {b} times as many as {other}.", "{Things} of {name}", "a*b", a=SOME, b=TIMES),
        _part("more", "{other} has {a} {things}, and {name} has {b} more than {other}.", "{Things} of {name}", "a+b", a=MANY, b=SOME),
        _part("fewer", "{other} has {a} {things}, and {name} has {b} fewer than {other}.", "{Things} of {name}", "a-b", a=LOTS, b=SOME),
        _part("half", "{other} has {a} {things}, and {name} has half as many.", "{Things} of {name}", "a/2", a=LOTS),
    ),
    question="How many {things} does {name} have now?",
    endings=(
        _part("away", "{name} gives {c} {things} away. How many {things} does {they} have left?", "{Things} left", "r-c", c=SOME),
        _part("get_lost", "Then {c} of these {things} get lost. How many are left?", "{Things} left", "r-c", c=SOME),
        _part("uses", "{name} uses {c} of the {things}. How many {things} remain?", "{Things} that remain", "r-c", c=SOME),
        _part("not_good", "It turns out that {c} of these {things} are dirty. How many clean {things} are there?", "Clean {things}", "r-c",
            c=SOME),
        _part("buys", "Later {name} buys {c} more. How many {things} does {they} have now?", "{Things} now", "r+c", c=MANY),
        _part("gets", "Then {name} gets another {c} {things}. How many {things} is that in all?", "{Things} in all", "r+c", c=SOME),
        _part("bags", "{name} puts {c} of them into each bag. How many bags does {they} need?", "Bags", "r/c", c=range(2, 13)),
        _part("parcels", "{name} packs these {things} in parcels of {c}. How many parcels are there?", "Parcels", "r/c", c=range(2, 13)),
        _part("shares", "{name} shares these {things} equally among {c} friends. How many does each friend get?",
            "{Things} for each friend", "r/c", c=range(2, 13)),
        _part("tables", "{name} spreads them evenly over {c} tables. How many {things} are on one table?", "{Things} on one table", "r/c",
            c=range(2, 13)),
        _part("days", "{name} uses {c} of them a day. After how many days are all of them used?", "Days", "r/c", c=range(2, 13)),
        _part("sells", "{name} sells these {things} for {c} dollars each. How many dollars does {they} get?", "Dollars", "r*c", c=FEW),
        _part("cost", "Each of these {things} costs {c} dollars. How much do they cost in all?", "Dollars in all", "r*c", c=FEW),
        _part("grams", "One of these {things} weighs {c} grams. How many grams do all of them weigh?", "Grams", "r*c", c=FEW),
        _part("friend_twice", "A friend has twice as many {things} as {name}. How many does the friend have?", "{Things} of the friend",
            "r*2"),
        _part("friend_times", "A neighbour has {c} times as many {things} as {name}. How many does the neighbour have?",
            "{Things} of the neighbour", "r*c", c=TIMES),
        _part("half_sold", "{name} sells half of these {things}. How many {things} does {they} sell?", "{Things} sold", "r/2"),
        _part("wants", "{name} wants to have {c} {things}. How many are still missing?", "{Things} missing", "c-r", c=LOTS),
        _part("with_friend", "A friend has {c} {things}. How many {things} do {name} and the friend have together?", "{Things} together",
            "r+c", c=MANY),
        _part("than_friend", "A friend has {c} {things}. How many more does {name} have than the friend?", "Difference", "r-c", c=SOME),
    ),
    events=(
        _event("gives_each", "{They} gives {b} {things} to each of {c} friends. How many {things} does {name} have left?",
            ("{Things} given away", "b*c"), ("{Things} left", "a-r1"), b=FEW, c=FEW),
        _event("packs_each", "{They} packs {c} {holders} with {b} {things} each. How many {things} are not packed?",
            ("{Things} packed", "b*c"), ("{Things} not packed", "a-r1"), b=FEW, c=FEW),
        _event("uses_daily", "{They} uses {b} {things} a day. How many {things} are left after {c} days?", ("{Things} used", "b*c"),
            ("{Things} left", "a-r1"), b=FEW, c=FEW),
        _event("two_losses", "{They} loses {b} of them on Monday and {c} on Tuesday. How many are left?", ("{Things} lost", "b+c"),
            ("{Things} left", "a-r1"), b=SOME, c=SOME),
        _event("buys_packs", "{They} buys {c} more packs of {b} {things}. How many {things} are there now?", ("{Things} bought", "b*c"),
            ("{Things} now", "a+r1"), b=SMALL, c=FEW),
        _event("makes_daily", "{They} makes {b} more a day for {c} days. How many {things} are there in the end?", ("{Things} made", "b*c"),
            ("{Things} in the end", "a+r1"), b=SMALL, c=FEW),
        _event("two_gifts", "{other} brings {b} more, and an uncle brings {c}. How many {things} are there now?",
            ("{Things} brought", "b+c"), ("{Things} now", "a+r1"), b=SOME, c=SOME),
    ),
)

DOLLARS = Subject("dollars",
    bare=(
        _part("has", "{name} has {a} dollars.", a=MANY),
        _part("purse", "There are {a} dollars in {name}'s purse.", a=MANY),
    ),
    beginnings=(
        _part("wage", "{name} works {a} hours and earns {b} dollars an hour.", "Dollars earned", "a*b", a=SMALL, b=SOME),
        _part("weekly", "{name} saves {b} dollars a week for {a} weeks.", "Dollars saved", "a*b", a=SMALL, b=SOME),
        _part("wares", "{name} sells {a} {wares} for {b} dollars each.", "Dollars for the {wares}", "a*b", a=SMALL, b=SOME),
        _part("guests", "{a} guests give {name} {b} dollars each.", "Dollars of the guests", "a*b", a=SMALL, b=SOME),
        _part("earned", "{name} had {a} dollars and earned {b} dollars more.", "Dollars with the new ones", "a+b", a=MANY, b=MANY),
        _part("two_gifts", "{name} gets {a} dollars from {other} and {b} dollars from an aunt.", "Dollars from both", "a+b", a=MANY,
            b=MANY),
        _part("spent", "{name} had {a} dollars and spent {b} dollars on a {ware}.", "Dollars after the purchase", "a-b", a=LOTS, b=SOME),
        _part("lent", "{name} had {a} dollars and lent {b} dollars to {other}.", "Dollars not lent", "a-b", a=LOTS, b=MANY),
        _part("twice", "{other} has {a} dollars, and {name} has twice as much.", "Dollars of {name}", "a*2", a=MANY),
        _part("less", "{other} has {a} dollars. {name} has {b} dollars less.", "Dollars of {name}", "a-b", a=LOTS, b=SOME),
        _part("more", "{other} has {a} dollars. {name} has {b} dollars more.", "Dollars of {name}", "a+b", a=MANY, b=SOME),
        _part("half", "{other} earned {a} dollars, and {name} earned half of that.", "Dollars of {name}", "a/2", a=LOTS),
        _part("prize", "A prize of {a} dollars is divided equally among {b} winners. One of them is {name}.", "Dollars of {name}", "a/b",
            a=LOTS, b=FEW),
    ),
    question="How many dollars does {name} have now?",
    endings=(
        _part("spends", "Then {name} spends {c} dollars. How many dollars are left?", "Dollars left", "r-c", c=SOME),
        _part("book", "With this money {name} buys a book for {c} dollars. How much money is left?", "Dollars left", "r-c", c=SOME),
        _part("debt", "{name} uses {c} dollars of it to pay a debt. How many dollars does {they} keep?", "Dollars kept", "r-c", c=SOME),
        _part("finds", "Then {name} finds {c} dollars. How many dollars does {they} have?", "Dollars in all", "r+c", c=SOME),
        _part("neighbour", "A neighbour gives {name} another {c} dollars. How many dollars is that in all?", "Dollars in all", "r+c",
            c=MANY),
        _part("can_buy", "{Wares} cost {c} dollars each. How many {wares} can {name} buy?", "{Wares}", "r/c", c=range(2, 13)),
        _part("children", "{name} divides this money equally among {c} children. How many dollars does each child get?",
            "Dollars for each child", "r/c", c=range(2, 13)),
        _part("lasts", "{name} spends {c} dollars a day. How many days does the money last?", "Days", "r/c", c=range(2, 13)),
        _part("half_saved", "{name} gives half of this money to a friend. How many dollars does the friend get?", "Dollars of the friend",
            "r/2"),
        _part("radio", "A radio costs {c} dollars. How many dollars does {name} still need?", "Dollars missing", "c-r", c=LOTS),
        _part("sister", "A cousin has {c} times as much money as {name}. How many dollars does the cousin have?", "Dollars of the cousin",
            "r*c", c=TIMES),
        _part("together", "A friend has {c} dollars. How many dollars do {name} and the friend have together?", "Dollars together", "r+c",
            c=MANY),
    ),
    events=(
        _event("buys_wares", "{They} buys {c} {wares} for {b} dollars each. How many dollars are left?", ("Dollars for the {wares}", "b*c"),
            ("Dollars left", "a-r1"), b=FEW, c=FEW),
        _event("buys_two", "{They} buys a {ware} for {b} dollars and a bag for {c} dollars. How many dollars are left?",
            ("Dollars spent", "b+c"), ("Dollars left", "a-r1"), b=SOME, c=SOME),
        _event("spends_daily", "{They} spends {b} dollars a day. How many dollars are left after {c} days?", ("Dollars spent", "b*c"),
            ("Dollars left", "a-r1"), b=FEW, c=FEW),
        _event("earns", "{They} works {c} hours for {b} dollars an hour. How many dollars does {they} have then?",
            ("Dollars earned", "b*c"), ("Dollars in all", "a+r1"), b=SMALL, c=FEW),
        _event("saves", "{They} saves {b} dollars a week. How many dollars does {they} have after {c} weeks?", ("Dollars saved", "b*c"),
            ("Dollars in all", "a+r1"), b=SMALL, c=FEW),
    ),
)

PRICE = Subject("price",
    bare=(
        _part("price", "A {ware} costs {a} dollars.", a=MANY),
        _part("sign", "The sign says that the price of a {ware} is {a} dollars.", a=MANY),
    ),
    beginnings=(
        _part("more", "A bag costs {a} dollars, and a {ware} costs {b} dollars more.", "Dollars for a {ware}", "a+b", a=MANY, b=SOME),
        _part("less", "A chair costs {a} dollars, and a {ware} costs {b} dollars less.", "Dollars for a {ware}", "a-b", a=LOTS, b=MANY),
        _part("cheaper", "A {ware} used to cost {a} dollars. Now it is {b} dollars cheaper.", "Dollars for a {ware}", "a-b", a=LOTS,
            b=SOME),
        _part("dearer", "A {ware} used to cost {a} dollars. Its price has gone up by {b} dollars.", "Dollars for a {ware}", "a+b", a=MANY,
            b=SOME),
        _part("times", "A pen costs {a} dollars. A {ware} costs {b} times as much.", "Dollars for a {ware}", "a*b", a=SOME, b=TIMES),
        _part("several", "{b} {wares} cost {a} dollars together, and all have the same price.", "Dollars for a {ware}", "a/b", a=LOTS,
            b=FEW),
        _part("hours", "To make a {ware} takes {a} hours, and an hour costs {b} dollars.", "Dollars for a {ware}", "a*b", a=FEW, b=SOME),
    ),
    question="How many dollars does one {ware} cost now?",
    endings=(
        _part("buys", "{name} buys {c} of these {wares}. How many dollars does {they} pay?", "Dollars to pay", "r*c", c=FEW),
        _part("customers", "{c} customers each buy one {ware}. How many dollars do they pay in all?", "Dollars in all", "r*c", c=FEW),
        _part("change", "{name} buys one {ware} and pays with {c} dollars. How many dollars does {they} get back?", "Dollars back", "c-r",
            c=LOTS),
        _part("needs", "{name} wants one {ware} and has {c} dollars. How many dollars does {they} still need?", "Dollars missing", "r-c",
            c=SOME),
        _part("delivery", "The delivery of one {ware} costs {c} dollars. How much does {name} pay for it with the delivery?",
            "Dollars with the delivery", "r+c", c=SOME),
        _part("bag", "{name} buys one {ware} and a book for {c} dollars. How many dollars does {they} pay?", "Dollars to pay", "r+c",
            c=MANY),
        _part("member", "Members get {c} dollars off. How many dollars does a member pay for one {ware}?", "Dollars for a member", "r-c",
            c=SOME),
        _part("split", "{c} friends buy one {ware} together and share the price equally. How many dollars does each of them pay?",
            "Dollars for each friend", "r/c", c=FEW),
    ),
)

PEOPLE = Subject("people",
    bare=(
        _part("are", "{a} people are in the {place}.", a=MANY),
        _part("come", "{a} people come to the {place}.", a=MANY),
    ),
    beginnings=(
        _part("tables", "In the {place} are {a} tables with {b} people at each.", "People at the tables", "a*b", a=SMALL, b=SOME),
        _part("buses", "{a} vans with {b} people each arrive at the {place}.", "People in the vans", "a*b", a=SMALL, b=SOME),
        _part("families", "{a} families of {b} people visit the {place}.", "People of the families", "a*b", a=SOME, b=FEW),
        _part("adults", "{a} adults and {b} children visit the {place}.", "Visitors", "a+b", a=MANY, b=MANY),
        _part("come_in", "{a} people are in the {place}, and {b} more come in.", "People in the {place}", "a+b", a=MANY, b=SOME),
        _part("went", "{a} people were in the {place}, and {b} of them went home.", "People in the {place}", "a-b", a=LOTS, b=SOME),
        _part("ill", "{a} people had planned to come to the {place}, but {b} of them were ill.", "People who come", "a-b", a=LOTS, b=MANY),
        _part("half", "{a} people were invited to the {place}, and half of them came.", "People who came", "a/2", a=LOTS),
    ),
    question="How many people are in the {place}?",
    endings=(
        _part("leave", "Then {c} people leave. How many people stay?", "People who stay", "r-c", c=SOME),
        _part("later", "Then {c} more people arrive. How many people is that in all?", "People in all", "r+c", c=SOME),
        _part("seats", "They sit down on benches for {c} people. How many benches do they need?", "Benches", "r/c", c=range(2, 13)),
        _part("teams", "They form {c} teams of the same size. How many people are in one team?", "People in one team", "r/c",
            c=range(2, 13)),
        _part("pay", "Each of these people pays {c} dollars. How many dollars do they pay in all?", "Dollars in all", "r*c", c=FEW),
        _part("get", "Each of these people gets {c} {things}. How many {things} is that?", "{Things} in all", "r*c", c=FEW),
        _part("half_buy", "Half of these people buy a {ware}. How many {wares} is that?", "{Wares}", "r/2"),
        _part("chairs", "There are {c} chairs, and everybody takes one. How many chairs stay free?", "Free chairs", "c-r", c=LOTS),
        _part("without", "There are {c} chairs for them. How many people have no chair?", "People without a chair", "r-c", c=SOME),
    ),
    events=(
        _event("groups_go", "Then {c} groups of {b} people go home. How many people stay?", ("People who go", "b*c"),
            ("People who stay", "a-r1"), b=FEW, c=FEW),
        _event("cars_come", "Then {c} cars with {b} people each arrive. How many people is that in all?", ("People in the cars", "b*c"),
            ("People in all", "a+r1"), b=FEW, c=FEW),
        _event("two_groups", "After an hour {b} people leave, and later {c} more leave. How many people stay?", ("People who leave", "b+c"),
            ("People who stay", "a-r1"), b=SOME, c=SOME),
    ),
)

MILES = Subject("miles",
    bare=(_part("rides", "{name} rides {a} miles.", a=MANY),),
    beginnings=(
        _part("daily", "{name} rides {b} miles a day for {a} days.", "Miles ridden", "a*b", a=SMALL, b=SOME),
        _part("speed", "{name} rides for {a} hours and makes {b} miles an hour.", "Miles ridden", "a*b", a=SMALL, b=SOME),
        _part("two_days", "{name} rides {a} miles on Monday and {b} miles on Tuesday.", "Miles ridden", "a+b", a=MANY, b=MANY),
        _part("more", "{other} rides {a} miles, and {name} rides {b} miles more than {other}.", "Miles of {name}", "a+b", a=MANY, b=SOME),
        _part("twice", "{other} rides {a} miles, and {name} rides twice as far.", "Miles of {name}", "a*2", a=MANY),
        _part("half", "{other} rides {a} miles, and {name} rides half as far.", "Miles of {name}", "a/2", a=LOTS),
        _part("fewer", "{other} rides {a} miles, and {name} rides {b} miles less than {other}.", "Miles of {name}", "a-b", a=LOTS, b=SOME),
    ),
    question="How many miles does {name} ride?",
    endings=(
        _part("left", "The whole way is {c} miles long. How many miles are left?", "Miles left", "c-r", c=LOTS),
        _part("another", "Then {they} rides another {c} miles. How many miles is that in all?", "Miles in all", "r+c", c=SOME),
        _part("less", "A friend rides {c} miles less than {name}. How many miles does the friend ride?", "Miles of the friend", "r-c",
            c=SOME),
        _part("further", "A friend rides {c} times as far as {name}. How many miles does the friend ride?", "Miles of the friend", "r*c",
            c=TIMES),
        _part("stops", "{They} stops every {c} miles, also at the end. How many stops is that?", "Stops", "r/c", c=range(2, 13)),
        _part("pays", "{They} gets {c} dollars a mile for a good cause. How many dollars does {they} get?", "Dollars", "r*c", c=FEW),
    ),
)
# fmt: on

SUBJECTS = (THINGS, DOLLARS, PRICE, PEOPLE, MILES)
TOGETHER = {"twice": (3,), "times": (1,), "more": (2,), "fewer": (2,), "half": (3,)}
"""Beginnings about two people's things, and the whole numbers that a right way to their sum may use besides those in the text."""


def stories(steps: int) -> tuple[Template, ...]:
    """All stories of one or two steps that the parts tell."""
    return tuple(story for subject in SUBJECTS for story in (_one_step(subject) if steps == 1 else _two_steps(subject)))


def _one_step(subject: Subject) -> Iterator[Template]:
    for beginning in subject.beginnings:
        yield _story(subject, beginning, Part("asks", subject.question))
    for bare in subject.bare:
        for ending in subject.endings:
            yield _story(subject, bare, ending)


def _two_steps(subject: Subject) -> Iterator[Template]:
    for beginning in subject.beginnings:
        for ending in subject.endings:
            yield _story(subject, beginning, ending)
    for bare in subject.bare:
        for event, phrase, operation in subject.events:
            yield _story(subject, bare, event, (phrase, operation))
    if subject is THINGS:
        asks = "How many {things} do {name} and {other} have together?"
        for beginning in (b for b in subject.beginnings if b.name in TOGETHER):
            yield _story(subject, beginning, Part("sum", asks, "{Things} together", "a+r"), implied=TOGETHER[beginning.name])


def _story(subject: Subject, first: Part, then: Part, *more: tuple[str, str], implied: tuple[int, ...] = ()) -> Template:
    """A template of two parts, with their operations in this order and r named by the step whose result it is."""
    known = "r1" if first.operation else "a"
    steps = [(p.phrase, re.sub(r"\br\b", known, p.operation)) for p in (first, then) if p.operation]
    detour = len(steps) == 2 and first.operation[1:2] in {"+", "-"} and then.operation[1:2] in {"*", "/"}
    return Template(
        f"parts_{subject.name}_{first.name}_{then.name}",
        f"{first.text} {then.text}",
        {**(first.slots or {}), **(then.slots or {})},
        (*steps, *more),
        implied,
        int(detour),
    )
