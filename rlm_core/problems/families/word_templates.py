"""The templates of the word problems, written for this project, and the people who appear in them.

In a text, {a}, {b} … are numbers; {name} and {other} are two people; {they}, {their} and {They} stand for {name}.
A step is a phrase and one operation over slots, whole numbers that the words imply (twice: 2) and the
results of earlier steps (r1, r2 …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Numbers = Sequence[int]


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of story.

    name: unique among the templates.
    text: the story with its slots.
    slots: the numbers that each slot may take.
    steps: the worked steps as (phrase, operation).
    implied: whole numbers, besides those in the worked steps, that another right way may use.
    detours: equations that another natural way takes more than the worked one, as 3*5 + 4*5 for (3+4)*5.
    """

    name: str
    text: str
    slots: Mapping[str, Numbers]
    steps: tuple[tuple[str, str], ...]
    implied: tuple[int, ...] = ()
    detours: int = 0


PEOPLE = (
    ("Amara", "she", "her"),
    ("Anton", "he", "his"),
    ("Bela", "he", "his"),
    ("Chiara", "she", "her"),
    ("Daniel", "he", "his"),
    ("Elif", "she", "her"),
    ("Emeka", "he", "his"),
    ("Freya", "she", "her"),
    ("Hana", "she", "her"),
    ("Ibrahim", "he", "his"),
    ("Ines", "she", "her"),
    ("Jonas", "he", "his"),
    ("Kofi", "he", "his"),
    ("Leila", "she", "her"),
    ("Mateo", "he", "his"),
    ("Mina", "she", "her"),
    ("Nora", "she", "her"),
    ("Oscar", "he", "his"),
    ("Priya", "she", "her"),
    ("Ravi", "he", "his"),
    ("Sofia", "she", "her"),
    ("Tariq", "he", "his"),
    ("Wen", "she", "her"),
    ("Yusuf", "he", "his"),
)
"""Name, subject pronoun, possessive."""

HELD_OUT = frozenset(
    {
        *("egg_cartons", "bus_passengers", "sweets_shared", "marbles_twice"),
        *("bad_oranges", "class_groups", "fence_boards", "half_price"),
        *("hen_eggs", "market_jars", "book_days", "bicycle_savings"),
        *("orchard_sales", "balloon_shares", "pool_filling", "lamp_profit"),
    }
)
"""The templates of the test split: four of each number of steps. Every other template is for training."""

ONE_STEP = (
    Template(
        "egg_cartons",
        "{name} packs {a} cartons with {b} eggs in each. How many eggs does {they} pack?",
        {"a": range(3, 15), "b": (6, 8, 10, 12)},
        (("Eggs packed", "a*b"),),
    ),
    Template(
        "bus_passengers",
        "A bus carries {a} passengers. At the market {b} of them get off. How many passengers stay on the bus?",
        {"a": range(25, 70), "b": range(3, 24)},
        (("Passengers left", "a-b"),),
    ),
    Template(
        "library_books",
        "{name} has {a} books at home and borrows {b} more from the library. How many books are there at home now?",
        {"a": range(5, 60), "b": range(2, 15)},
        (("Books in all", "a+b"),),
    ),
    Template(
        "sweets_shared",
        "A bag of {a} sweets is shared equally among {b} children. How many sweets does each child get?",
        {"a": range(12, 100), "b": range(3, 10)},
        (("Sweets for each child", "a/b"),),
    ),
    Template(
        "ribbon_pieces",
        "{name} cuts a ribbon of {a} centimetres into pieces of {b} centimetres each. How many pieces are there?",
        {"a": range(30, 200), "b": range(4, 16)},
        (("Pieces", "a/b"),),
    ),
    Template(
        "coin_jar",
        "There were {a} coins in {name}'s jar. {They} took out {b} of them to buy a snack. How many coins are left in the jar?",
        {"a": range(30, 150), "b": range(5, 28)},
        (("Coins left", "a-b"),),
    ),
    Template(
        "theatre_rows",
        "A small theatre has {a} rows of seats with {b} seats in each row. How many people can sit in the theatre?",
        {"a": range(6, 21), "b": range(8, 25)},
        (("Seats", "a*b"),),
    ),
    Template(
        "weekend_walk",
        "{name} walks {a} kilometres on Saturday and {b} kilometres on Sunday. How many kilometres is that in all?",
        {"a": range(4, 26), "b": range(4, 26)},
        (("Kilometres in all", "a+b"),),
    ),
    Template(
        "stamp_albums",
        "{name} owns {a} stamps and {other} owns {b}. How many more stamps does {name} own than {other}?",
        {"a": range(60, 200), "b": range(12, 60)},
        (("Difference", "a-b"),),
    ),
    Template(
        "daily_pushups",
        "{name} does {a} push-ups every day. How many push-ups does {they} do in a week?",
        {"a": range(8, 45)},
        (("Push-ups in 7 days", "a*7"),),
    ),
    Template(
        "juice_bottles",
        "A bottle of juice costs {a} dollars. How many dollars does {name} pay for {b} bottles?",
        {"a": range(2, 9), "b": range(3, 16)},
        (("Dollars to pay", "a*b"),),
    ),
    Template(
        "marbles_twice",
        "{name} has {a} marbles. {other} has twice as many. How many marbles does {other} have?",
        {"a": range(7, 80)},
        (("Marbles of {other}", "a*2"),),
    ),
)

TWO_STEPS = (
    Template(
        "bad_oranges",
        "{name} fills {a} crates with {b} oranges in each. Later {they} finds that {c} of the oranges are bad. "
        "How many good oranges are there?",
        {"a": range(3, 12), "b": range(10, 30), "c": range(4, 20)},
        (("Oranges in the crates", "a*b"), ("Good oranges", "r1-c")),
    ),
    Template(
        "school_shop",
        "{name} buys {a} notebooks for {b} dollars each and a pen for {c} dollars. How many dollars does {they} spend?",
        {"a": range(3, 10), "b": range(2, 8), "c": range(2, 12)},
        (("Dollars for the notebooks", "a*b"), ("Dollars in all", "r1+c")),
    ),
    Template(
        "class_groups",
        "A class has {a} girls and {b} boys. The teacher makes groups of {c} children. How many groups are there?",
        {"a": range(8, 20), "b": range(8, 20), "c": range(3, 8)},
        (("Children in the class", "a+b"), ("Groups", "r1/c")),
    ),
    Template(
        "bread_rolls",
        "A baker bakes {a} rolls in the morning and {b} rolls after lunch. By the evening {c} rolls are sold. How many rolls are left?",
        {"a": range(60, 150), "b": range(20, 80), "c": range(30, 120)},
        (("Rolls baked", "a+b"), ("Rolls left", "r1-c")),
    ),
    Template(
        "pocket_money",
        "{name} has {a} dollars and gets {b} dollars of pocket money every week. How many dollars does {they} have after {c} weeks?",
        {"a": range(10, 60), "b": range(3, 12), "c": range(4, 15)},
        (("Pocket money", "b*c"), ("Dollars in all", "a+r1")),
    ),
    Template(
        "fish_tanks",
        "A pet shop has {a} fish. It sells {b} of them and puts the others into {c} tanks, the same number in each. "
        "How many fish are in one tank?",
        {"a": range(40, 140), "b": range(8, 35), "c": range(3, 9)},
        (("Fish left", "a-b"), ("Fish in one tank", "r1/c")),
    ),
    Template(
        "rose_beds",
        "A park has {a} red roses and twice as many white roses. How many roses is that altogether?",
        {"a": range(15, 120)},
        (("White roses", "a*2"), ("Roses altogether", "a+r1")),
        implied=(3,),
    ),
    Template(
        "runner_goal",
        "{name} wants to run {a} kilometres this month. So far {they} has run {b} kilometres on each of {c} days. "
        "How many kilometres are still missing?",
        {"a": range(70, 160), "b": range(4, 11), "c": range(3, 12)},
        (("Kilometres so far", "b*c"), ("Kilometres missing", "a-r1")),
    ),
    Template(
        "fence_boards",
        "A fence has {a} boards. {name} paints {b} boards an hour and has worked for {c} hours. How many boards are still unpainted?",
        {"a": range(60, 140), "b": range(5, 13), "c": range(2, 8)},
        (("Boards painted", "b*c"), ("Boards unpainted", "a-r1")),
    ),
    Template(
        "pizza_party",
        "{name} cuts {a} pizzas into {b} slices each and shares the slices equally among {c} guests. How many slices does each guest get?",
        {"a": range(3, 12), "b": (6, 8, 10, 12), "c": range(4, 17)},
        (("Slices", "a*b"), ("Slices for each guest", "r1/c")),
    ),
    Template(
        "two_ages",
        "{name} is {a} years old, and {other} is {b} years older than {name}. How old are the two together?",
        {"a": range(7, 50), "b": range(2, 25)},
        (("Age of {other}", "a+b"), ("Years together", "a+r1")),
        implied=(2,),
    ),
    Template(
        "half_price",
        "A jacket costs {a} dollars. Today it is sold at half price, and {name} has a voucher worth {b} dollars. "
        "How many dollars does {they} pay?",
        {"a": range(40, 180), "b": range(3, 19)},
        (("Half price", "a/2"), ("Dollars to pay", "r1-b")),
    ),
)

THREE_STEPS = (
    Template(
        "hen_eggs",
        "Each of {name}'s {a} hens lays {b} eggs a week. {They} keeps {c} eggs and packs the rest into boxes of {d}. "
        "How many boxes does {they} fill in a week?",
        {"a": range(8, 31), "b": range(4, 8), "c": range(3, 25), "d": (6, 8, 10, 12)},
        (("Eggs in a week", "a*b"), ("Eggs to pack", "r1-c"), ("Boxes", "r2/d")),
    ),
    Template(
        "school_trip",
        "A school takes {a} teachers and {b} pupils on a trip. They exactly fill buses with {c} seats, and each bus costs {d} dollars. "
        "How many dollars do the buses cost?",
        {"a": range(4, 20), "b": range(80, 260), "c": range(20, 56), "d": range(60, 200, 5)},
        (("People", "a+b"), ("Buses", "r1/c"), ("Dollars for the buses", "r2*d")),
    ),
    Template(
        "market_jars",
        "At the market {name} sells {a} jars of honey for {b} dollars each and {c} jars of jam for {d} dollars each. "
        "How many dollars does {they} take in?",
        {"a": range(5, 25), "b": range(6, 13), "c": range(5, 25), "d": range(2, 8)},
        (("Dollars for the honey", "a*b"), ("Dollars for the jam", "c*d"), ("Dollars in all", "r1+r2")),
    ),
    Template(
        "lunch_change",
        "{name} buys {a} sandwiches for {b} dollars each and a cake for {c} dollars, and pays with {d} dollars. "
        "How many dollars of change does {they} get?",
        {"a": range(3, 9), "b": range(4, 9), "c": range(6, 20), "d": (50, 60, 80, 100)},
        (("Dollars for the sandwiches", "a*b"), ("Dollars to pay", "r1+c"), ("Change in dollars", "d-r2")),
    ),
    Template(
        "book_days",
        "A book has {a} pages. {name} reads {b} pages a day for {c} days and spreads the rest evenly over {d} more days. "
        "How many pages does {they} read on each of these?",
        {"a": range(150, 420), "b": range(12, 30), "c": range(3, 8), "d": range(4, 13)},
        (("Pages read at first", "b*c"), ("Pages left", "a-r1"), ("Pages a day", "r2/d")),
    ),
    Template(
        "carrot_rows",
        "{name} plants {a} rows of {b} carrots. {other} plants {c} rows of {d} carrots. "
        "How many more carrots does {name} plant than {other}?",
        {"a": range(8, 20), "b": range(15, 30), "c": range(3, 10), "d": range(8, 16)},
        (("Carrots of {name}", "a*b"), ("Carrots of {other}", "c*d"), ("Difference", "r1-r2")),
    ),
    Template(
        "cinema_returns",
        "A cinema sells {a} tickets on Friday and twice as many on Saturday. Of the tickets for Saturday, {b} are returned; "
        "the others cost {c} dollars each. How many dollars does the cinema take in on Saturday?",
        {"a": range(30, 90), "b": range(4, 25), "c": range(7, 15)},
        (("Tickets for Saturday", "a*2"), ("Tickets not returned", "r1-b"), ("Dollars on Saturday", "r2*c")),
    ),
    Template(
        "rain_barrel",
        "A barrel holds {a} litres of rain water. {name} takes {b} litres a day for {c} days. Then a storm adds {d} litres. "
        "How many litres are in the barrel now?",
        {"a": range(120, 260), "b": range(8, 16), "c": range(3, 8), "d": range(15, 60)},
        (("Litres taken", "b*c"), ("Litres left", "a-r1"), ("Litres now", "r2+d")),
    ),
    Template(
        "biscuit_plates",
        "{name} bakes {a} trays of {b} biscuits, and {other} brings {c} biscuits from the shop. They put all the biscuits on {d} plates, "
        "the same number on each. How many biscuits are on one plate?",
        {"a": range(3, 9), "b": range(10, 25), "c": range(8, 40), "d": range(4, 13)},
        (("Biscuits baked", "a*b"), ("Biscuits in all", "r1+c"), ("Biscuits on one plate", "r2/d")),
    ),
    Template(
        "five_day_week",
        "{name} works {a} hours a day, five days a week, and earns {b} dollars an hour. "
        "Every week {they} pays {c} dollars for {their} room. "
        "How many dollars are left after a week?",
        {"a": range(4, 9), "b": range(11, 30), "c": range(90, 220, 5)},
        (("Hours in 5 days", "a*5"), ("Dollars earned", "r1*b"), ("Dollars left", "r2-c")),
    ),
    Template(
        "floor_tiles",
        "A floor is {a} metres long and {b} metres wide. One box of tiles covers {c} square metres and costs {d} dollars. "
        "How many dollars do the tiles for the whole floor cost?",
        {"a": range(6, 21), "b": range(4, 13), "c": range(3, 10), "d": range(20, 60)},
        (("Square metres", "a*b"), ("Boxes of tiles", "r1/c"), ("Dollars for the tiles", "r2*d")),
    ),
    Template(
        "bicycle_savings",
        "A bicycle costs {a} dollars. {name} has saved {b} dollars and gets {c} dollars for {their} birthday. "
        "From now on {they} saves {d} dollars a week. "
        "How many weeks does it take to have enough?",
        {"a": range(180, 420, 5), "b": range(30, 90), "c": range(20, 75), "d": range(6, 21)},
        (("Dollars so far", "b+c"), ("Dollars missing", "a-r1"), ("Weeks", "r2/d")),
    ),
)

FOUR_STEPS = (
    Template(
        "cake_stall",
        "At a school fair a stall sells {a} cakes for {b} dollars each and {c} pies for {d} dollars each. "
        "The ingredients cost {e} dollars. "
        "How many dollars does the stall earn after paying for the ingredients?",
        {"a": range(6, 20), "b": range(8, 16), "c": range(6, 20), "d": range(3, 8), "e": range(30, 95)},
        (("Dollars for the cakes", "a*b"), ("Dollars for the pies", "c*d"), ("Dollars taken in", "r1+r2"), ("Dollars earned", "r3-e")),
    ),
    Template(
        "museum_group",
        "A group comes to the museum in {a} buses with {b} people each, and {c} more people come by train. A ticket costs {d} dollars, "
        "but the whole group gets a discount of {e} dollars. How many dollars does the group pay?",
        {"a": range(2, 6), "b": range(20, 45), "c": range(5, 19), "d": range(6, 15), "e": range(50, 160, 5)},
        (("People in the buses", "a*b"), ("People in all", "r1+c"), ("Dollars before the discount", "r2*d"), ("Dollars to pay", "r3-e")),
        detours=1,
    ),
    Template(
        "orchard_sales",
        "Each of the {a} trees in an orchard gives {b} kilograms of pears. Of these, {c} kilograms are given away, and the rest is sold "
        "in bags of {d} kilograms for {e} dollars a bag. How many dollars does the orchard take in?",
        {"a": range(8, 25), "b": range(20, 50), "c": range(15, 70), "d": range(3, 9), "e": range(6, 15)},
        (("Kilograms of pears", "a*b"), ("Kilograms sold", "r1-c"), ("Bags", "r2/d"), ("Dollars taken in", "r3*e")),
    ),
    Template(
        "balloon_shares",
        "{name} buys {a} packs of {b} red balloons and {c} packs of {d} blue balloons. "
        "{They} shares all the balloons equally among {e} children. "
        "How many balloons does each child get?",
        {"a": range(3, 10), "b": range(10, 25), "c": range(3, 10), "d": range(6, 20), "e": range(5, 16)},
        (("Red balloons", "a*b"), ("Blue balloons", "c*d"), ("Balloons in all", "r1+r2"), ("Balloons for each child", "r3/e")),
    ),
    Template(
        "tent_savers",
        "{name} saves {a} dollars a week for {b} weeks, and {other} saves {c} dollars a week for {d} weeks. "
        "Together they want to buy a tent "
        "for {e} dollars. How many dollars do they still need?",
        {"a": range(5, 13), "b": range(6, 12), "c": range(4, 15), "d": range(5, 11), "e": range(220, 360, 5)},
        (("Dollars of {name}", "a*b"), ("Dollars of {other}", "c*d"), ("Dollars together", "r1+r2"), ("Dollars missing", "e-r3")),
    ),
    Template(
        "pencil_orders",
        "A school has {a} classes with {b} pupils in each. Every pupil needs {c} pencils. The school already has {d} pencils "
        "and orders the rest in packs of {e}. How many packs does it order?",
        {"a": range(4, 10), "b": range(18, 31), "c": range(3, 7), "d": range(40, 200), "e": (10, 12, 15, 20)},
        (("Pupils", "a*b"), ("Pencils needed", "r1*c"), ("Pencils to order", "r2-d"), ("Packs", "r3/e")),
    ),
    Template(
        "pool_filling",
        "A pool holds {a} litres. A hose fills in {b} litres a minute for {c} minutes. Then {d} litres leak out, and the hole is mended. "
        "The pool has to be full after {e} more minutes. How many litres a minute must flow in?",
        {"a": range(900, 2000, 10), "b": range(15, 40), "c": range(10, 25), "d": range(20, 90), "e": range(10, 31)},
        (("Litres filled in", "b*c"), ("Litres in the pool", "r1-d"), ("Litres missing", "a-r2"), ("Litres a minute", "r3/e")),
    ),
    Template(
        "holiday_reading",
        "For the holidays {name} takes one book of {a} pages and another of {b} pages. {They} reads {c} pages a day for {d} days. "
        "The pages that are left are spread evenly over {e} days. How many pages is that a day?",
        {"a": range(120, 300), "b": range(130, 320), "c": range(15, 40), "d": range(3, 8), "e": range(5, 15)},
        (("Pages in all", "a+b"), ("Pages read", "c*d"), ("Pages left", "r1-r2"), ("Pages a day", "r3/e")),
    ),
    Template(
        "grain_harvest",
        "A farmer harvests {a} sacks of grain from each of {b} fields. Half of the sacks are sold. "
        "Of the others, {c} sacks are kept for seed, "
        "and the rest is shared equally among {d} families. How many sacks does each family get?",
        {"a": range(20, 60), "b": range(4, 11), "c": range(8, 40), "d": range(3, 12)},
        (("Sacks harvested", "a*b"), ("Sacks not sold", "r1/2"), ("Sacks to share", "r2-c"), ("Sacks for each family", "r3/d")),
    ),
    Template(
        "zoo_tuesday",
        "A zoo has {a} visitors on Monday and twice as many on Tuesday. On Tuesday {b} visitors have a free ticket, "
        "and the others pay {c} dollars each. That day the zoo buys food for {d} dollars. How many dollars of the tickets are left?",
        {"a": range(80, 200), "b": range(15, 70), "c": range(6, 15), "d": range(150, 420, 10)},
        (
            ("Visitors on Tuesday", "a*2"),
            ("Visitors who pay", "r1-b"),
            ("Dollars for the tickets", "r2*c"),
            ("Dollars left", "r3-d"),
        ),
    ),
    Template(
        "lamp_profit",
        "A shop buys {a} lamps for {b} dollars each and sells all of them for {c} dollars each. The advertisement costs {d} dollars. "
        "The {e} owners share the profit equally. How many dollars does each owner get?",
        {"a": range(12, 50), "b": range(9, 25), "c": range(28, 55), "d": range(20, 90), "e": range(2, 7)},
        (
            ("Profit on one lamp", "c-b"),
            ("Profit on all lamps", "r1*a"),
            ("Profit after the advertisement", "r2-d"),
            ("Dollars for each owner", "r3/e"),
        ),
        detours=1,
    ),
    Template(
        "sandwich_helpers",
        "A party has {a} adult guests and {b} children. Everyone gets {c} sandwiches. {name} has already made {d} sandwiches, "
        "and {e} helpers share the rest of the work equally. How many sandwiches does each helper make?",
        {"a": range(12, 40), "b": range(10, 35), "c": range(2, 6), "d": range(15, 60), "e": range(3, 9)},
        (("Guests", "a+b"), ("Sandwiches needed", "r1*c"), ("Sandwiches still to make", "r2-d"), ("Sandwiches for each helper", "r3/e")),
        detours=1,
    ),
)

TEMPLATES: Mapping[int, tuple[Template, ...]] = {1: ONE_STEP, 2: TWO_STEPS, 3: THREE_STEPS, 4: FOUR_STEPS}
"""Templates by number of steps."""
