"""Templates of questions to be taught, in English: 20 with 25 things each, all invented."""

from __future__ import annotations

from benchmarks.questions.template import Template, codes, listed, turned

PEOPLE = listed(
    """Anouk, Barnaby, Celeste, Dmitri, Esperanza, Fergus, Gwendolyn, Hiroshi, Isadora, Jasper,
    Katarina, Leopold, Mireille, Nasrin, Octavio, Philippa, Quentin, Rosamund, Stellan, Tabitha,
    Ulrich, Viveca, Wendell, Xiomara, Zebedee"""
)
SPOTS = listed(
    """by the window, under the big clock, next to the copier, behind the pillar,
    opposite the stairs, beside the fire door, at the round table"""
)
DESKS = [f"floor {1 + place % 6}, {SPOTS[place % 7]}" for place in range(25)]
MONTHS = listed("January, March, April, May, July, September, October, November")
DAYS = [f"{2 + 11 * place % 27} {MONTHS[5 * place % 8]}" for place in range(25)]
DOGS = listed(
    """Biscuit, Ludo, Pepper, Moritz, Clementine, Rocket, Sultan, Nugget, Duchess, Pickles,
    Bandit, Olive, Tofu, Gizmo, Freckles, Hector, Mango, Winston, Juniper, Scout, Noodle, Bruno,
    Domino, Truffle, Pirate"""
)
TASKS = listed(
    """the coffee machine, the parking permits, the summer interns, the customer survey,
    business cards, the lost property box, broken chairs, the trade fair stand, safety goggles,
    the window cleaning, the photo wall, train tickets, the recycling bins, the press releases,
    the company bikes, the staff library, the vending machine, fire extinguishers, the webinar,
    name tags, the alarm system, data protection, the charity run, the snow shovels, stationery"""
)
ROOMS = listed(
    """Birch, Hawthorn, Sequoia, Cedar, Willow, Magnolia, Rowan, Cypress, Linden, Acacia, Maple,
    Hazel, Larch, Aspen, Tamarind, Mulberry, Baobab, Sycamore, Hornbeam, Alder, Ginkgo, Poplar,
    Chestnut, Eucalyptus, Banyan"""
)
SEATS = [str(3 + 7 * place % 29) for place in range(25)]
SITES = listed(
    """Ashcombe, Brindlewick, Carrowmore, Dunfellow, Elverton, Fosswater, Gildenhall,
    Hartlepath, Inverdane, Jarrowby, Kelmscar, Lowestone, Marrick, Netherfold, Oakhampton,
    Pendragon Hill, Quillingham, Ravensmere, Stourley, Thornaby Vale, Upperbeck, Vinterhaven,
    Wexcombe, Yarrowford, Zennordale"""
)
PASSWORDS = listed(
    """copper-otter-12, plum!tower, rainy4teacups, north-gull-88, velvet.anchor, 7sleepyowls,
    brisk-candle-31, lentil*soup5, purple-ladder, moss&granite, quietfox-202, salty-pretzel9,
    thirteenbuttons, lark-at-dawn, crisp!linen46, hollow-drum-7, amber.kettle, twofastsnails,
    pebble-pocket3, wise+walnut, harvest-moth-65, jellyfish!sun, rusty-trombone, silk-harbour4,
    orchid%noon"""
)
STREETS = listed(
    """14 Weaver's Row, 3 Turnpike Lane, 88 Orchard Rise, 21 Bell Alley, 5 Copperfield Walk,
    60 Mariner Way, 9 Tanner's Yard, 112 Beacon Road, 37 Saffron Court, 2 Millrace Close,
    45 Drover's End, 18 Cobbler Street, 71 Heron Parade, 6 Vicarage Steps, 29 Ropewalk,
    50 Quarry Bank, 13 Fennel Square, 94 Kingfisher Drive, 7 Granary Place, 33 Lavender Hill,
    101 Falcon Crescent, 26 Smithy Corner, 4 Oriel Passage, 55 Bramble Avenue, 19 Packhorse Gate"""
)
PROJECTS = listed(
    """Bluebell, Ironclad, Marzipan, Nimbus, Pegasus, Rutabaga, Tangerine, Obsidian, Wombat,
    Firefly, Calypso, Domovoi, Evergreen, Gondola, Hailstone, Icarus, Jackdaw, Labyrinth,
    Monsoon, Narwhal, Overture, Porcupine, Quicksilver, Snowdrop, Windmill"""
)
FAULTS = {
    "E03": "the paper tray is empty",
    "E08": "the lid is not locked",
    "F11": "the motor is too hot",
    "F19": "the belt has slipped",
    "C22": "the camera lens is dirty",
    "C27": "the cable has come loose",
    "H31": "the water tank runs low",
    "H36": "the filter needs rinsing",
    "L40": "a lamp has blown",
    "L44": "the light sensor is covered",
    "M52": "the memory card is full",
    "M58": "the menu file is missing",
    "P60": "the air pressure is low",
    "P67": "the pump runs dry",
    "R71": "the remote has lost its pairing",
    "R75": "the rotor is blocked",
    "S80": "the safety gate stands open",
    "S86": "the scale is not level",
    "T90": "the thermometer is broken",
    "T93": "the timer was never set",
    "U15": "an update waits to be installed",
    "V24": "the valve is stuck",
    "W33": "the waste bin is full",
    "X48": "the x-axis hit its end stop",
    "Z55": "the zero point is lost",
}
DOORS = listed(
    """bike cellar, roof terrace, paint store, music room, server closet, garden shed,
    laundry room, mail room, prayer room, shower block, film studio, spare parts cage, wine vault,
    sample room, cold store, nursery, boiler room, judo hall, greenhouse, model workshop,
    photo lab, costume store, battery room, seed bank, bell tower"""
)
DISHES = listed(
    """apricot tart, onion quiche, walnut loaf, cheese straws, fish pie, moussaka,
    shepherd's pie, banana bread, spinach lasagne, plum crumble, cornbread, potato gratin,
    stuffed peppers, ginger cake, cauliflower bake, rhubarb meringue, beef wellington,
    focaccia, cherry clafoutis, mushroom strudel, rice pudding, honey cake, sausage rolls,
    cinnamon buns, pear galette"""
)
MINUTES = [str(12 + 7 * place % 59) for place in range(25)]
PLACES = listed(
    """Harrow Heights, the old brewery, Pilgrim Lake, the botanical garden, Sandpiper Beach,
    the ice rink, Cobalt Mine, the university hospital, Windle Park, the cattle market,
    Saint Odo's church, the planetarium, Larkspur Mall, the fish docks, Rivermouth Zoo,
    the tram museum, Gallows Green, the opera house, Foxglove Farm, the cable car,
    Mermaid Point, the stadium, Tinker's Bridge, the observatory, Juniper Springs"""
)
LINES = [str(4 + 13 * place % 97) for place in range(25)]
MEALS = listed(
    """lentil soup, schnitzel, fried noodles, caesar salad, veggie burger, goulash,
    tomato risotto, chicken curry, falafel wrap, mac and cheese, baked trout, pea stew,
    beetroot carpaccio, chilli con carne, pancakes, potato dumplings, shakshuka, club sandwich,
    pumpkin ravioli, fruit bowl, meatloaf, vegetable paella, spring rolls, bratwurst,
    rice and beans"""
)
PRICES = [f"{3 + 7 * place % 5}.{10 + 35 * place % 90}" for place in range(25)]
FACILITIES = listed(
    """climbing gym, sauna, tool library, toy museum, swimming pool, blood bank, repair café,
    bowling alley, county archive, farmers' market, city library, trampoline hall, post office,
    driving school, skate park, puppet theatre, youth centre, ferry terminal, butterfly house,
    recording studio, town hall, riding stable, laser maze, soup kitchen, bird clinic"""
)
HOURS = [f"{6 + 5 * place % 8}:{15 * (place % 4):02}" for place in range(25)]
BOOKS = listed(
    """The Glass Orchard, Nine Lanterns, A Map of Thirst, The Beekeeper's Trial, Winter Arithmetic,
    The Last Ferryman, Paper Lions, Salt on the Stair, The Clockmender, An Ocean of Spoons,
    The Quiet Parliament, Borrowed Thunder, The Umbrella Thief, Seven Crooked Miles, Moth Season,
    The Cartographer's Niece, Dust and Marmalade, The Hollow Regatta, Letters to a Lighthouse,
    The Tin Violin, House of Kites, The Seamstress of Oran, Yesterday's Weather,
    The Ninth Beehive, Cabbages for the King"""
)
AUTHORS = listed(
    """Edda Wren, Tobias Lockhart, Marisol Quint, Henrik Dahl, Olympia Brandt, Cato Merriweather,
    Junia Sparks, Rafael Toth, Beatrix Oyelaran, Simeon Vale, Lavinia Koch, Magnus Pell,
    Coralie Finch, Emrys Hollow, Yara Lindqvist, Basil Thackeray, Ottilie Crane, Hugo Santangelo,
    Wilhelmina Poe, Ignatius Bell, Saoirse Adair, Leander Moss, Petra Nightingale, Cosmo Iversen,
    Rhoda Plimpton"""
)
PLANTS = listed(
    """monstera, aloe vera, fiddle-leaf fig, orchid, peace lily, rubber plant, spider plant,
    boston fern, jade plant, begonia, dragon tree, calathea, cyclamen, yucca, string of pearls,
    venus flytrap, african violet, bird of paradise, zebra cactus, english ivy, lemon tree,
    hibiscus, snake plant, amaryllis, prayer plant"""
)
SPANS = [f"{2 + 3 * place % 19} days" for place in range(25)]
CLUBS = listed(
    """knitting circle, photography group, debating society, astronomy club, improv group,
    running club, book circle, allotment society, samba band, chess league, origami club,
    film society, rowing crew, juggling group, bonsai club, tango evening, model railway club,
    beekeeping course, scrabble group, calligraphy class, cycling club, brass ensemble,
    wild swimming group, language exchange, mushroom club"""
)
WEEKDAYS = listed("Mondays, Tuesdays, Wednesdays, Thursdays, Fridays, Saturdays, Sundays")
MEETINGS = [
    f"{WEEKDAYS[3 * place % 7]} at {16 + place % 5}:{30 * (place % 2):02}" for place in range(25)
]

ENGLISH = (
    Template(
        "where does {it} sit",
        "{it} sits on {value}.",
        (
            "which desk is {it}'s",
            "where can i find {it}'s workplace",
            "i have a parcel for {it}, which desk do i take it to",
            "on what floor is {it}'s desk",
        ),
        PEOPLE,
        DESKS,
    ),
    Template(
        "when is {it}'s birthday",
        "{it} has a birthday on {value}.",
        (
            "on what date was {it} born",
            "i want to bake {it} a birthday cake, for what date",
            "what's the date of {it}'s birthday",
        ),
        PEOPLE,
        DAYS,
    ),
    Template(
        "what is {it}'s extension",
        "{it} has extension {value}.",
        (
            "which internal number do i dial for {it}",
            "how do i reach {it} on the office phone",
            "i need to ring {it}'s desk, what's the number",
        ),
        PEOPLE,
        codes(25, 2000, 1013),
    ),
    Template(
        "who stands in for {it} during holidays",
        "While {it} is away, ask {value}.",
        (
            "{it} is on vacation, whom do i ask instead",
            "who is {it}'s deputy",
            "who takes over the work of {it} when {it} is away",
        ),
        PEOPLE,
        turned(PEOPLE, 7),
    ),
    Template(
        "what is the name of {it}'s dog",
        "{it}'s dog is called {value}.",
        (
            "what does {it} call that dog",
            "{it} brought a puppy, what's it called",
            "how is the dog of {it} named",
        ),
        PEOPLE,
        DOGS,
    ),
    Template(
        "who is in charge of {it}",
        "{value} is in charge of {it}.",
        (
            "whom do i ask about {it}",
            "who looks after {it} here",
            "which colleague deals with {it}",
            "i have a question about {it}, whose job is that",
        ),
        TASKS,
        turned(PEOPLE, 11),
    ),
    Template(
        "where is the {it} room",
        "The {it} room is on {value}.",
        (
            "how do i find the {it} room",
            "my meeting is in {it}, where do i have to go",
            "on which floor is the room called {it}",
        ),
        ROOMS,
        turned(DESKS, 9),
    ),
    Template(
        "how many people fit into the {it} room",
        "The {it} room holds {value} people.",
        (
            "what's the capacity of {it}",
            "how many chairs are there in the {it} room",
            "we are a few colleagues, how many of us can meet in {it}",
        ),
        ROOMS,
        SEATS,
    ),
    Template(
        "what is the wifi password in {it}",
        "The Wi-Fi password in {it} is {value}.",
        (
            "how do i get onto the wifi at the {it} office",
            "i'm at our {it} branch, what do i type to log in to the wifi",
            "which password does the {it} network have",
        ),
        SITES,
        PASSWORDS,
    ),
    Template(
        "what is the address of the {it} branch",
        "The {it} branch is at {value}.",
        (
            "in which street do i find our office in {it}",
            "where do i send a letter to the branch in {it}",
            "i'm visiting the {it} office, which street and number is it",
        ),
        SITES,
        STREETS,
    ),
    Template(
        "when is project {it} due",
        "Project {it} is due on {value}.",
        (
            "what's the deadline of {it}",
            "by what date does the {it} team have to be finished",
            "until when do we have time for project {it}",
        ),
        PROJECTS,
        turned(DAYS, 4),
    ),
    Template(
        "what does error {it} mean",
        "Error {it} means that {value}.",
        (
            "the display shows {it}, what's wrong",
            "my machine stopped with {it}, why",
            "{it} is blinking, what does it want from me",
        ),
        list(FAULTS),
        list(FAULTS.values()),
    ),
    Template(
        "what is the door code of the {it}",
        "The code of the {it} is {value}.",
        (
            "how do i get into the {it}, it has a keypad",
            "which numbers open the {it}",
            "i'm standing in front of the {it}, what do i have to type",
        ),
        DOORS,
        codes(25, 1100, 8087),
    ),
    Template(
        "for how long do i bake the {it}",
        "Bake the {it} for {value} minutes.",
        (
            "how many minutes in the oven for the {it}",
            "when do i take the {it} out of the oven",
            "oven time for the {it}, please",
        ),
        DISHES,
        MINUTES,
    ),
    Template(
        "which bus goes to {it}",
        "Bus {value} takes you to {it}.",
        (
            "how do i get to {it} by bus",
            "what line do i take if i want to see {it}",
            "i'd like to go to {it}, what bus number is that",
        ),
        PLACES,
        LINES,
    ),
    Template(
        "how much do i pay for the {it} in the canteen",
        "In the canteen you pay {value} for the {it}.",
        (
            "canteen price of the {it} please",
            "i'd like the {it} for lunch, what will that cost me",
            "what do they charge for the {it} at lunch",
        ),
        MEALS,
        PRICES,
    ),
    Template(
        "when does the {it} open",
        "The {it} opens at {value}.",
        (
            "what are the opening times of the {it}",
            "how early can i go to the {it}",
            "from what time on is the {it} open",
        ),
        FACILITIES,
        HOURS,
    ),
    Template(
        "who wrote {it}",
        "{it} was written by {value}.",
        (
            "who is the author of {it}",
            "i liked the novel {it}, what's the writer's name",
            "whose book is {it}",
        ),
        BOOKS,
        AUTHORS,
    ),
    Template(
        "how often does the {it} need water",
        "Water the {it} every {value}.",
        (
            "when should i water the {it}",
            "how many days can the {it} go without water",
            "watering plan for the {it}, please",
        ),
        PLANTS,
        SPANS,
    ),
    Template(
        "when does the {it} meet",
        "The {it} meets on {value}.",
        (
            "on what day is the {it}",
            "i want to join the {it}, when do they get together",
            "what time do people come together for the {it}",
        ),
        CLUBS,
        MEETINGS,
    ),
)
