"""Stories with changing things and places: many more word problems than those written one by one, for training.

A frame is a template (`word_templates`) whose text also has {things}, {holders} and {holder} (where things are kept), {wares} and
{ware} (what is sold), {place} and, for a phrase that begins with one, {Things}, {Holders} and {Wares}. One frame in ten is held out, by its
name. None tells the story of a held-out template of `word_templates`, and no word list has the things of such a story.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from rlm_core.problems.families.word_parts import stories
from rlm_core.problems.families.word_templates import Numbers, Template

THINGS = (
    *("buttons", "shells", "stickers", "pencils", "apples", "beads", "stones", "cards", "candles", "nuts", "plums", "screws"),
    *("flowers", "lemons", "keys", "envelopes", "badges", "photos", "magnets", "feathers", "peaches", "tomatoes", "bricks", "spoons"),
    *("onions", "posters", "erasers", "ribbons", "toy cars", "postcards", "walnuts", "cherries", "bolts", "puzzle pieces", "mushrooms"),
)
"""Things that are counted."""
HOLDERS = (
    *(("box", "boxes"), ("basket", "baskets"), ("shelf", "shelves"), ("drawer", "drawers"), ("tray", "trays"), ("tin", "tins")),
    *(("bowl", "bowls"), ("bucket", "buckets"), ("case", "cases"), ("sack", "sacks"), ("chest", "chests"), ("pouch", "pouches")),
)
"""What holds things: one of them, several."""
WARES = (
    *(("cup", "cups"), ("scarf", "scarves"), ("melon", "melons"), ("notepad", "notepads"), ("plant", "plants"), ("toy", "toys")),
    *(("loaf", "loaves"), ("towel", "towels"), ("ticket", "tickets"), ("brush", "brushes"), ("hat", "hats"), ("poster", "posters")),
    *(("coffee", "coffees"), ("plate", "plates"), ("game", "games"), ("shirt", "shirts")),
)
"""What is bought and sold: one of them, several."""
PLACES = ("school", "garden", "workshop", "kitchen", "club", "museum", "office", "library", "bakery", "hall", "studio", "shop")

FEW, SOME, MANY, LOTS = range(2, 10), range(4, 25), range(12, 70), range(50, 190)


def cast(rng: random.Random) -> dict[str, str]:
    """Words for the places of a frame that are no numbers and no people."""
    things, other_things = rng.sample(THINGS, 2)
    holder, holders = rng.choice(HOLDERS)
    ware, wares = rng.choice(WARES)
    words = {"things": things, "others": other_things, "holders": holders, "wares": wares}
    capital = {key.capitalize(): text.capitalize() for key, text in words.items()}
    return {**words, **capital, "holder": holder, "ware": ware, "place": rng.choice(PLACES)}


def _frame(name: str, text: str, *steps: tuple[str, str], implied: tuple[int, ...] = (), detours: int = 0, **slots: Numbers) -> Template:
    return Template(f"frame_{name}", text, slots, steps, implied, detours)


# fmt: off
ONE_STEP = (
    _frame("holders", "There are {a} {holders} with {b} {things} each. How many {things} are there?", ("{Things} in all", "a*b"), a=FEW,
        b=SOME),
    _frame("each_holds", "Each {holder} holds {b} {things}. How many {things} are in {a} {holders}?", ("{Things} in all", "a*b"), a=SOME,
        b=range(3, 16)),
    _frame("puts_in", "{name} puts {b} {things} into every {holder}. {They} fills {a} {holders}. How many {things} does {they} use?",
        ("{Things} used", "a*b"), a=range(3, 14), b=range(4, 16)),
    _frame("rows", "In the {place} stand {a} rows of {b} chairs. How many chairs is that?", ("Chairs", "a*b"), a=FEW, b=SOME),
    _frame("per_day", "{name} makes {a} {things} a day. How many does {they} make in {b} days?", ("{Things} made", "a*b"), a=SOME, b=FEW),
    _frame("week", "The {place} uses {a} {things} each day. How many {things} does it use in a week?", ("{Things} in 7 days", "a*7"),
        a=MANY),
    _frame("price", "One {ware} costs {a} dollars. How much do {b} {wares} cost?", ("Dollars for the {wares}", "a*b"), a=FEW, b=SOME),
    _frame("sold_for", "{name} sells {b} {wares} for {a} dollars each. How many dollars does {they} earn?", ("Dollars earned", "b*a"),
        a=FEW, b=SOME),
    _frame("wage", "{name} earns {a} dollars an hour. How many dollars does {they} earn in {b} hours?", ("Dollars", "a*b"), a=SOME, b=FEW),
    _frame("twice", "{name} found {a} {things}. {other} found twice as many. How many {things} did {other} find?",
        ("{Things} of {other}", "a*2"), a=MANY),
    _frame("twice_day", "On Monday {a} people came to the {place}, on Tuesday twice as many. How many came on Tuesday?",
        ("People on Tuesday", "a*2"), a=MANY),
    _frame("double", "The {place} had {a} {things} and now has double that number. How many does it have now?", ("{Things} now", "a*2"),
        a=MANY),
    _frame("twice_old", "{name} is {a} years old. {other} is twice as old as {name}. How old is {other}?", ("Age of {other}", "a*2"),
        a=range(6, 46)),
    _frame("thrice", "{name} drew {a} {things}, and {other} drew three times as many. How many did {other} draw?",
        ("{Things} of {other}", "a*3"), a=SOME),
    _frame("times", "A {ware} costs {a} dollars. A chair costs {b} times as much. What does the chair cost?",
        ("Dollars for the chair", "a*b"), a=SOME, b=FEW),
    _frame("gives_away", "{name} has {a} {things} and gives {b} of them to {other}. How many does {name} have left?",
        ("{Things} left", "a-b"), a=range(25, 100), b=SOME),
    _frame("used_up", "The {place} had {a} {things}. {b} of them were used. How many {things} are left?", ("{Things} left", "a-b"), a=LOTS,
        b=range(6, 48)),
    _frame("leave", "{a} people are in the {place}. Then {b} of them go home. How many people stay?", ("People who stay", "a-b"),
        a=range(25, 90), b=SOME),
    _frame("lost", "{name} had {a} {things} but lost {b} on the way. How many did {they} still have?", ("{Things} left", "a-b"),
        a=range(25, 90), b=SOME),
    _frame("spends", "{name} had {a} dollars and bought a {ware} for {b} dollars. How many dollars were left?", ("Dollars left", "a-b"),
        a=range(26, 100), b=SOME),
    _frame("change", "{name} pays for a {ware} of {b} dollars with {a} dollars. How much change does {they} get?",
        ("Change in dollars", "a-b"), a=(20, 30, 40, 50, 100), b=range(3, 19)),
    _frame("train", "A train has {a} seats, and {b} of them are taken. How many seats are free?", ("Free seats", "a-b"), a=LOTS,
        b=range(10, 49)),
    _frame("more_than", "There are {a} {things} and {b} {others}. How many more {things} than {others} are there?", ("Difference", "a-b"),
        a=range(30, 99), b=range(5, 29)),
    _frame("fewer", "{name} has {a} {things}. {other} has {b} fewer. How many {things} does {other} have?", ("{Things} of {other}", "a-b"),
        a=range(26, 90), b=SOME),
    _frame("younger", "{name} is {a} years old. {other} is {b} years younger. How old is {other}?", ("Age of {other}", "a-b"),
        a=range(22, 80), b=range(2, 19)),
    _frame("missing", "{name} wants to collect {a} {things} and has {b} so far. How many are missing?", ("{Things} missing", "a-b"), a=LOTS,
        b=range(8, 48)),
    _frame("gets_more", "{name} has {a} {things} and finds {b} more. How many {things} does {they} have now?", ("{Things} now", "a+b"),
        a=MANY, b=SOME),
    _frame("together", "{name} has {a} {things}, and {other} has {b}. How many {things} do they have together?",
        ("{Things} together", "a+b"), a=MANY, b=MANY),
    _frame("two_kinds", "In a {holder} are {a} {things} and {b} {others}. How many things are in the {holder}?", ("Things in all", "a+b"),
        a=SOME, b=MANY),
    _frame("arrive", "{a} guests are in the {place} when {b} more arrive. How many guests are there now?", ("Guests now", "a+b"), a=MANY,
        b=SOME),
    _frame("morning", "The {place} sold {a} {wares} in the morning and {b} in the afternoon. How many {wares} did it sell that day?",
        ("{Wares} sold", "a+b"), a=MANY, b=MANY),
    _frame("more_expensive", "A {ware} costs {a} dollars. A bag costs {b} dollars more. What does the bag cost?",
        ("Dollars for the bag", "a+b"), a=SOME, b=SOME),
    _frame("older", "{name} is {a} years old, and {other} is {b} years older. How old is {other}?", ("Age of {other}", "a+b"),
        a=range(5, 50), b=range(2, 25)),
    _frame("drive", "{name} drives {a} miles to the {place} and then {b} miles home. How many miles does {they} drive?", ("Miles", "a+b"),
        a=MANY, b=MANY),
    _frame("share", "{name} shares {a} {things} equally among {b} friends. How many {things} does each friend get?",
        ("{Things} for each friend", "a/b"), a=range(12, 120), b=range(3, 11)),
    _frame("spread", "{a} {things} are spread evenly over {b} {holders}. How many {things} are in one {holder}?",
        ("{Things} in one {holder}", "a/b"), a=range(12, 150), b=range(3, 13)),
    _frame("fill", "{name} has {a} {things} and puts {b} into each {holder}. How many {holders} does {they} fill?", ("{Holders}", "a/b"),
        a=range(20, 150), b=range(3, 15)),
    _frame("teams", "{a} players form teams of {b}. How many teams are there?", ("Teams", "a/b"), a=range(18, 120), b=range(3, 12)),
    _frame("split_bill", "{b} friends split a bill of {a} dollars evenly. How many dollars does each of them pay?",
        ("Dollars for each friend", "a/b"), a=range(20, 160), b=range(3, 9)),
    _frame("days", "{name} needs {a} {things} and makes {b} a day. How many days does it take?", ("Days", "a/b"), a=range(30, 160),
        b=range(4, 15)),
    _frame("unit_price", "{b} {wares} cost {a} dollars together. How many dollars does one {ware} cost?", ("Dollars for one {ware}", "a/b"),
        a=range(12, 110), b=FEW),
    _frame("half", "{name} gives half of {their} {a} {things} to {other}. How many {things} does {other} get?",
        ("{Things} of {other}", "a/2"), a=range(10, 160)),
    _frame("half_off", "A {ware} used to cost {a} dollars and is now sold for half of that. What does it cost now?", ("Dollars now", "a/2"),
        a=range(10, 120)),
    _frame("half_as_many", "The {place} has {a} {things} and half as many {others}. How many {others} does it have?", ("{Others}", "a/2"),
        a=range(14, 160)),
)

TWO_STEPS = (
    _frame("some_broken", "There are {a} {holders} with {b} {things} each. {c} of the {things} are broken. How many are whole?",
        ("{Things} in the {holders}", "a*b"), ("Whole {things}", "r1-c"), a=range(3, 12), b=range(6, 30), c=range(3, 17)),
    _frame("buys_eats", "{name} buys {a} {holders} of {b} plums and eats {c} of them. How many plums are left?", ("Plums bought", "a*b"),
        ("Plums left", "r1-c"), a=FEW, b=range(6, 25), c=range(2, 12)),
    _frame("earns_spends", "{name} works {a} hours for {b} dollars an hour and spends {c} dollars. How many dollars are left?",
        ("Dollars earned", "a*b"), ("Dollars left", "r1-c"), a=range(3, 12), b=range(8, 26), c=range(5, 23)),
    _frame("sells_rent", "{name} sells {a} {wares} for {b} dollars each and pays {c} dollars for the stall. How much does {they} keep?",
        ("Dollars taken in", "a*b"), ("Dollars kept", "r1-c"), a=SOME, b=range(4, 12), c=range(5, 15)),
    _frame("goal_week", "{name} reads {a} stories a week for {b} weeks. {other} reads {c} fewer in all. How many does {other} read?",
        ("Stories of {name}", "a*b"), ("Stories of {other}", "r1-c"), a=range(3, 12), b=range(3, 12), c=range(2, 9)),
    _frame("plus_loose", "{name} has {a} {holders} of {b} {things} and {c} loose {things}. How many {things} does {they} have?",
        ("{Things} in the {holders}", "a*b"), ("{Things} in all", "r1+c"), a=FEW, b=range(5, 30), c=SOME),
    _frame("bag_too", "{name} buys {a} {wares} at {b} dollars each and a bag for {c} dollars. How many dollars does {they} pay?",
        ("Dollars for the {wares}", "a*b"), ("Dollars in all", "r1+c"), a=FEW, b=SOME, c=SOME),
    _frame("rent_fee", "A boat costs {c} dollars and {a} dollars more for each hour. How much does it cost for {b} hours?",
        ("Dollars for the hours", "a*b"), ("Dollars in all", "c+r1"), a=SOME, b=FEW, c=SOME),
    _frame("saves", "{name} has {a} dollars and saves {b} dollars a month. How much does {they} have after {c} months?",
        ("Dollars saved", "b*c"), ("Dollars in all", "a+r1"), a=MANY, b=SOME, c=FEW),
    _frame("rows_added", "The {place} has {a} rows of {b} seats, and {c} chairs are added. How many people can sit?",
        ("Seats in the rows", "a*b"), ("Seats in all", "r1+c"), a=FEW, b=SOME, c=SOME),
    _frame("mix_fill",
        "{name} has {a} {things} and {b} {others} and puts {c} of them into each {holder}. How many {holders} does {they} need?",
        ("Things in all", "a+b"), ("{Holders}", "r1/c"), a=MANY, b=MANY, c=range(3, 13)),
    _frame("adults_cars", "{a} adults and {b} children go on a trip. {c} people fit into a car. How many cars do they need?",
        ("People", "a+b"), ("Cars", "r1/c"), a=range(6, 30), b=range(6, 40), c=range(3, 7)),
    _frame("pool_money",
        "{name} has {a} dollars, {other} has {b}. Together they buy {wares} for {c} dollars each. How many {wares} do they get?",
        ("Dollars together", "a+b"), ("{Wares}", "r1/c"), a=MANY, b=MANY, c=range(3, 13)),
    _frame("both_share", "{name} picked {a} {things} in the morning and {b} in the evening and shares them equally among {c} people. "
        "How many does each get?", ("{Things} picked", "a+b"), ("{Things} for each", "r1/c"), a=MANY, b=MANY, c=range(3, 11)),
    _frame("made_sold", "The {place} makes {a} {wares} on Monday and {b} on Tuesday and sells {c} of them. How many are left?",
        ("{Wares} made", "a+b"), ("{Wares} left", "r1-c"), a=MANY, b=MANY, c=range(5, 26)),
    _frame("gift_spend",
        "{name} had {a} dollars and got {b} dollars as a gift. Then {they} spent {c} dollars. How many dollars does {they} have now?",
        ("Dollars with the gift", "a+b"), ("Dollars now", "r1-c"), a=MANY, b=MANY, c=range(5, 26)),
    _frame("on_off", "{a} people are on a ship. {b} more come on board, and then {c} leave. How many are on the ship?",
        ("People with the new ones", "a+b"), ("People on the ship", "r1-c"), a=MANY, b=SOME, c=range(3, 16)),
    _frame("two_parts", "A trip is {a} miles long. {name} rode {b} miles on Monday and {c} miles on Tuesday. How many miles are left?",
        ("Miles ridden", "b+c"), ("Miles left", "a-r1"), a=range(80, 190), b=range(8, 39), c=range(8, 39)),
    _frame("two_buys", "{name} has {a} dollars and buys a {ware} for {b} dollars and a bag for {c} dollars. How many dollars are left?",
        ("Dollars spent", "b+c"), ("Dollars left", "a-r1"), a=range(60, 150), b=SOME, c=SOME),
    _frame("pages_typed", "A letter has {a} lines. {name} types {b} lines a minute for {c} minutes. How many lines are left to type?",
        ("Lines typed", "b*c"), ("Lines left", "a-r1"), a=range(80, 170), b=range(4, 13), c=range(2, 7)),
    _frame("per_guest", "The {place} has {a} {things}. Each of {c} guests takes {b}. How many {things} are left?",
        ("{Things} taken", "b*c"), ("{Things} left", "a-r1"), a=range(80, 190), b=range(2, 9), c=range(3, 10)),
    _frame("pays_change", "{name} buys {b} {wares} for {c} dollars each and pays with {a} dollars. How much change does {they} get?",
        ("Dollars for the {wares}", "b*c"), ("Change in dollars", "a-r1"), a=(50, 60, 80, 100, 120), b=FEW, c=range(3, 12)),
    _frame("road", "A road of {a} metres is built. The workers finish {b} metres a day. How many metres are missing after {c} days?",
        ("Metres built", "b*c"), ("Metres missing", "a-r1"), a=range(90, 190), b=range(5, 16), c=range(3, 9)),
    _frame("water", "A barrel holds {a} litres. {name} takes out {b} litres on each of {c} days. How many litres are left?",
        ("Litres taken out", "b*c"), ("Litres left", "a-r1"), a=range(80, 190), b=range(3, 13), c=range(3, 9)),
    _frame("rest_pack",
        "{name} has {a} {things}, keeps {b} and packs the rest into {c} equal {holders}. How many {things} are in one {holder}?",
        ("{Things} to pack", "a-b"), ("{Things} in one {holder}", "r1/c"), a=LOTS, b=range(4, 45), c=range(3, 11)),
    _frame("rest_days",
        "{name} has to write {a} cards and has written {b}. {They} writes {c} cards a day. How many days does the rest take?",
        ("Cards to write", "a-b"), ("Days", "r1/c"), a=range(60, 150), b=range(5, 50), c=range(3, 12)),
    _frame("save_weeks", "A {ware} costs {a} dollars. {name} has {b} dollars and saves {c} dollars a week. How many weeks does it take?",
        ("Dollars missing", "a-b"), ("Weeks", "r1/c"), a=range(50, 150), b=range(6, 45), c=range(3, 12)),
    _frame("sick_pay", "{a} people signed up for a trip, but {b} stay at home. The others pay {c} dollars each. How many dollars is that?",
        ("People who go", "a-b"), ("Dollars", "r1*c"), a=range(20, 50), b=range(3, 12), c=range(2, 10), detours=1),
    _frame("rotten_sell",
        "{name} has {a} melons. {b} are rotten, and the others are sold for {c} dollars each. How many dollars does {they} earn?",
        ("Good melons", "a-b"), ("Dollars earned", "r1*c"), a=range(15, 50), b=range(2, 12), c=range(2, 9), detours=1),
    _frame("discount", "A {ware} costs {a} dollars, but today it is {b} dollars cheaper. How much do {c} of them cost today?",
        ("Dollars for one", "a-b"), ("Dollars for all", "r1*c"), a=range(14, 40), b=range(2, 10), c=range(3, 10), detours=1),
    _frame("half_then", "{name} had {a} {things}. {They} gave half of them away and lost {b} more. How many were left?",
        ("Half of the {things}", "a/2"), ("{Things} left", "r1-b"), a=range(30, 160), b=range(2, 14)),
    _frame("half_sold", "The {place} has {a} {wares}. Half of them are sold, then {b} more are delivered. How many are there now?",
        ("{Wares} not sold", "a/2"), ("{Wares} now", "r1+b"), a=range(20, 160), b=range(3, 40)),
    _frame("half_less",
        "A ticket costs {a} dollars. Children pay half, and members get {b} dollars off. What does a child who is a member pay?",
        ("Dollars for a child", "a/2"), ("Dollars for a member", "r1-b"), a=range(30, 120), b=range(2, 14)),
    _frame("half_each", "Half of the {a} people in the {place} buy a {ware} for {b} dollars. How many dollars do they pay in all?",
        ("People who buy", "a/2"), ("Dollars", "r1*b"), a=range(10, 80), b=FEW),
    _frame("share_eat", "{name} and {other} share {a} {things} equally. Then {name} gives away {b} of them. How many are left?",
        ("{Things} of {name}", "a/2"), ("{Things} left", "r1-b"), a=range(20, 130), b=range(2, 10)),
    _frame("share_more",
        "{a} {things} are shared equally among {b} children. Each child then gets {c} more. How many does each child have?",
        ("{Things} shared", "a/b"), ("{Things} of each child", "r1+c"), a=range(20, 130), b=range(3, 10), c=FEW),
    _frame("share_away", "{name} puts {a} {things} equally into {b} {holders} and takes {c} out of one {holder}. How many are left in it?",
        ("{Things} in one {holder}", "a/b"), ("{Things} left", "r1-c"), a=range(40, 150), b=range(3, 8), c=range(2, 9)),
    _frame("twice_total", "{name} has {a} {things}, and {other} has twice as many. How many do they have together?",
        ("{Things} of {other}", "a*2"), ("{Things} together", "a+r1"), a=MANY, implied=(3,)),
    _frame("more_total", "{name} sold {a} {wares}, and {other} sold {b} more than {name}. How many did they sell together?",
        ("{Wares} of {other}", "a+b"), ("{Wares} together", "a+r1"), a=MANY, b=range(2, 25), implied=(2,)),
    _frame("fewer_total", "There are {a} {things} and {b} fewer {others}. How many things is that in all?", ("{Others}", "a-b"),
        ("Things in all", "a+r1"), a=range(20, 90), b=range(3, 18), implied=(2,)),
    _frame("half_total", "The {place} bought {a} {things} and half as many {others}. How many things did it buy?", ("{Others}", "a/2"),
        ("Things in all", "a+r1"), a=range(14, 120)),
    _frame("twice_less",
        "{name} made {a} {things}. {other} made twice as many, but {b} of those broke. How many whole {things} does {other} have?",
        ("{Things} of {other}", "a*2"), ("Whole {things}", "r1-b"), a=range(15, 80), b=range(3, 14)),
    _frame("boxes_share",
        "{name} opens {a} {holders} of {b} {things} and shares all of them equally among {c} people. How many does each get?",
        ("{Things} in all", "a*b"), ("{Things} for each", "r1/c"), a=range(3, 12), b=(6, 8, 9, 10, 12, 15, 20), c=range(3, 13)),
    _frame("repack", "{a} {holders} hold {b} {things} each. They are packed anew, {c} in a bag. How many bags are there?",
        ("{Things} in all", "a*b"), ("Bags", "r1/c"), a=range(3, 12), b=(6, 8, 9, 10, 12, 15, 20), c=range(3, 13)),
    _frame("floors", "A house has {a} floors with {b} rooms each. Every room has {c} windows. How many windows are there?",
        ("Rooms", "a*b"), ("Windows", "r1*c"), a=FEW, b=range(3, 13), c=FEW),
    _frame("sum_price", "{name} buys {a} {things} and {b} {others}. Each costs {c} dollars. How many dollars does {they} pay?",
        ("Things bought", "a+b"), ("Dollars", "r1*c"), a=range(3, 18), b=range(3, 18), c=FEW, detours=1),
    _frame("sets", "A cup costs {a} dollars and a plate {b} dollars. How much do {c} sets of a cup and a plate cost?",
        ("Dollars for a set", "a+b"), ("Dollars for all sets", "r1*c"), a=FEW, b=FEW, c=SOME, detours=1),
    _frame("pack_price", "{a} {wares} are sold in packs of {b}. A pack costs {c} dollars. How much do all of them cost?", ("Packs", "a/b"),
        ("Dollars", "r1*c"), a=range(12, 100), b=range(3, 10), c=FEW),
    _frame("three_days", "{name} ran {a} minutes on Monday, {b} on Tuesday and {c} on Friday. How many minutes did {they} run?",
        ("Minutes on Monday and Tuesday", "a+b"), ("Minutes in all", "r1+c"), a=MANY, b=MANY, c=MANY),
    _frame("two_losses", "{name} had {a} {things}. {They} lost {b} and gave {c} to {other}. How many are left?",
        ("{Things} after the loss", "a-b"), ("{Things} left", "r1-c"), a=range(60, 150), b=range(3, 28), c=range(3, 28)),
    _frame("sold_new", "The {place} had {a} {wares}, sold {b} and then got {c} new ones. How many does it have now?",
        ("{Wares} not sold", "a-b"), ("{Wares} now", "r1+c"), a=range(40, 150), b=range(5, 38), c=SOME),
)
# fmt: on

FRAMES: Mapping[int, tuple[Template, ...]] = {1: (*ONE_STEP, *stories(1)), 2: (*TWO_STEPS, *stories(2))}
"""Frames by number of steps, those written whole and those put together from parts."""
