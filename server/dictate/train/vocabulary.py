"""The words the bundled pair is trained on: everyday English of dictating code.

Word lists by part of speech, inflected by rule (the few irregular forms are listed
here). Everything is lower case and free of punctuation, as the transcripts are.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """Split a block of words, keeping the first of any repeated one."""
    return tuple(dict.fromkeys(text.split()))


# Transitive verbs that a programmer applies to code or things in it.
VERBS: Final = _words("""

    add remove delete insert replace rename move copy create define declare set get return call use
    open close read write save load parse check test fix update change print log show hide find
    search select sort filter map reduce merge split join append push pop import export run build
    compile deploy install start stop restart pause resume send receive fetch download upload
    request handle catch throw raise ignore skip keep drop wrap unwrap convert cast format validate
    verify compare count compute calculate measure track record store cache clear reset refresh
    reload render draw display enable disable allow block lock unlock wait retry connect disconnect
    bind attach detach register subscribe publish emit listen watch initialize configure assign
    allocate release free encode decode encrypt decrypt compress extract serialize clean simplify
    refactor rewrite document comment debug profile optimize improve review revert commit pull clone
    checkout rebase tag increment decrement increase decrease multiply divide subtract toggle expand
    collapse scroll jump pass accept reject avoid prevent ensure require support implement override
    extend inherit inject mock assert expect match group iterate loop traverse visit apply invoke
    execute schedule cancel abort mark highlight align indent trim strip escape quote truncate round
    swap reverse shuffle rotate scale resize shift type name describe explain report generate
    produce provide consume process transform translate resolve link hash sign authorize
    authenticate limit bound clamp guess pick choose give take make put bring turn leave see know
    need want help ask tell say hold
""")

# Verbs without an object, or with a clause.
INTRANSITIVE: Final = _words("""

    fail work exist happen finish begin end crash hang break return exit continue succeed appear
    disappear change go come look think try learn live grow arrive depend belong matter expire wait
    run stop
""")

NOUNS: Final = _words("""

    function method class object variable constant argument parameter value key name type string
    number integer float boolean character byte bit word line column row table cell field record
    list array vector matrix map set dictionary tuple queue stack heap tree graph node edge leaf
    root branch path file folder directory module package library framework project repository
    commit message change patch version release tag issue bug error exception warning failure crash
    test case suite fixture mock example sample code script program application service server
    client request response header body payload endpoint route handler callback listener event
    signal thread process task job worker pool lock buffer stream socket port host address network
    connection session user account password token secret permission role group admin owner member
    config setting option flag default property attribute element item entry index offset position
    size length width height depth count total sum average minimum maximum limit range step counter
    timer timeout interval delay date time day month year hour minute second clock database query
    result cursor schema model view controller template page form button link image icon color font
    style layout window screen editor terminal console command prompt input output log report
    document comment block scope statement expression condition loop iterator generator operator
    symbol letter digit pattern expression parser lexer compiler interpreter debugger linter
    formatter builder factory adapter wrapper helper utility interface protocol contract interceptor
    middleware plugin extension dependency requirement container image cluster cache memory disk
    storage bucket block chunk batch packet frame pixel point rectangle circle shape layer filter
    weight bias gradient loss metric score threshold ratio rate speed latency frequency signature
    hash checksum certificate url domain query parameter cookie feature experiment milestone
    pipeline stage build target environment machine device driver kernel system platform source
    destination origin parent child sibling neighbor copy clone reference pointer link alias prefix
    suffix separator delimiter quote bracket brace parenthesis space tab newline indentation margin
    border title label caption text paragraph section chapter summary description note reason
    question answer problem solution idea plan way thing place part side end start beginning top
    bottom left right middle corner word name customer order product price amount balance payment
    invoice email phone person team company world country city street house car book game player
    level state status history backup snapshot migration transaction lookup mapping schedule
    calendar weather water light sound voice audio video music camera keyboard mouse language
    grammar sentence spelling vocabulary distance temperature direction angle radius velocity mass
    force energy sequence series generic enum struct trait macro decorator annotation closure lambda
    promise future coroutine channel mutex semaphore deadlock race overflow leak bottleneck null
    none nothing something everything anything id info data metadata feedback access traffic content
    usage performance security quality behavior detail fact moment week night morning hand eye head
""")

# Nouns without a plural, or plural-like already; kept out of the plural rule.
UNCOUNTABLE: Final = frozenset(
    _words("""

        code data metadata info memory storage middleware feedback access traffic content usage
        performance security quality behavior indentation none nothing something everything anything
        null weather water music spelling energy audio hardware software money work history
    """)
)

ADJECTIVES: Final = _words("""

    new old first second third last next previous current final main other same different whole
    single double multiple empty full valid invalid missing unused unknown public private protected
    static abstract global local internal external default optional required temporary permanent
    active inactive visible hidden open closed ready busy pending broken wrong right correct
    incorrect true false big small large short long high low deep fast slow quick good bad better
    best great simple complex clean dirty safe unsafe strict generic specific common special random
    secure nested recursive parallel concurrent asynchronous synchronous lazy eager mutable
    immutable read only raw binary decimal numeric upper lower left right top bottom inner outer red
    green blue black white dark bright early late free extra real virtual physical remote shared
    unique duplicate sorted ordered failing flaky stale deprecated obsolete experimental stable
    important useful possible easy hard likely available similar equal greater less maximum minimum
    total average initial original negative positive constant native modern legacy
""")

ADVERBS: Final = _words("""

    now then here there again already always never often sometimes later soon today tomorrow
    yesterday immediately quickly slowly carefully correctly properly automatically manually
    directly silently really very too also only just still even almost twice once together instead
    maybe back away forward please
""")

PRONOUNS: Final = _words(
    "i you he she it we they this that someone everyone nobody everything something"
)
OBJECT_PRONOUNS: Final = _words("me you him her it us them this that")
DETERMINERS: Final = _words("the a this that each every any some no our your my its their another")
PREPOSITIONS: Final = _words("""

    in on at to from of for with without by into onto over under between through before after during
    inside outside against about across behind above below as like than per via until since around
    within near off out up down
""")
CONJUNCTIONS: Final = _words(
    "and or but so because if when while unless until although whether where"
)
MODALS: Final = _words("can could should would will must may might cannot")
QUESTIONS: Final = _words("what why how when where who which whose")
AUXILIARIES: Final = _words("""

    is are was were be been being am has have had having do does did done doing not dont doesnt isnt
    wont cant got getting let lets going gone went came made gave took saw known thought said told
    left there their more most much many few all both either neither none own such ok okay yes
    please thanks hello
""")

UNITS: Final = _words("zero one two three four five six seven eight nine")
TEENS: Final = _words("""

    ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
""")
TENS: Final = _words("twenty thirty forty fifty sixty seventy eighty ninety")
MAGNITUDES: Final = _words("hundred thousand million billion")

LETTERS: Final = tuple("abcdefghijklmnopqrstuvwxyz")

# Symbols by the names people say; each entry is one spoken name.
SYMBOLS: Final = (
    "open paren", "close paren", "open bracket", "close bracket", "open brace", "close brace",
    "left paren", "right paren", "left bracket", "right bracket", "open angle", "close angle",
    "equals", "double equals", "not equals", "equal sign", "plus equals", "minus equals", "colon",
    "double colon", "semicolon", "comma", "dot", "period", "arrow", "fat arrow", "underscore",
    "dash", "hyphen", "minus", "plus", "plus plus", "star", "asterisk", "times", "slash",
    "backslash", "double slash", "pipe", "double pipe", "ampersand", "hash", "at sign", "dollar",
    "dollar sign", "percent", "caret", "tilde", "question mark", "exclamation mark", "bang",
    "quote", "double quote", "single quote", "backtick", "less than", "greater than", "new line",
    "space", "tab", "ellipsis", "dot dot dot", "modulo", "bracket", "paren",
)  # fmt: skip

CASE_STYLES: Final = (
    "camel case", "snake case", "pascal case", "kebab case", "upper case", "lower case",
    "title case", "all caps", "constant case",
)  # fmt: skip

KEYWORDS: Final = _words("""

    if else elif for while do switch case break continue return yield try except finally catch throw
    raise with as import from class def function var let const new delete this self super null none
    nil true false void static public private final async await lambda pass in not and or is struct
    enum trait impl match loop where use mod crate pub mut unsafe package interface type go defer
    select chan include template typename namespace using extends implements default goto typedef
    extern inline virtual override
""")

TYPES: Final = _words("""

    string integer float double boolean char byte list array map set dictionary tuple optional
    vector object number date any void int bool long short unsigned pointer slice option result
    bytes iterator future promise never unknown undefined null
""")

LIBRARIES: Final = _words("""

    numpy pandas torch flask django react redis docker kubernetes linux windows python javascript
    typescript rust java ruby swift kotlin lua bash git github postgres sqlite mongo kafka nginx
    webpack node requests json yaml regex logging math random socket threading asyncio collections
    itertools datetime pathlib tensor scala haskell perl vim neovim unix cargo gradle maven angular
    jest pytest
""")

# How people name the way a name is written, in the languages of dictating code.
FORMATTERS: Final = (
    "camel", "snake", "pascal", "hammer", "kebab", "constant", "dotted", "dunder", "smash", "slash",
    "title", "sentence", "all caps", "upper", "lower", "private camel", "public camel", "packed",
    "path", "string", "double string", "space", "spine", "screaming snake", "all down", "no caps",
)  # fmt: skip

# The alphabets that people spell with, and what they say to the editor.
SPELLING: Final = _words("""

    air bat cap drum each fine gust harp sit jury crunch look made near odd pit quench red sun trap
    urge vest whale plex yank zip alpha bravo charlie delta echo foxtrot golf hotel india juliet
    kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey yankee zulu
""")
COMMANDS: Final = (
    "scratch that", "undo that", "redo that", "new line", "new paragraph", "select that",
    "camel that", "snake that", "cap that", "correct that", "stop listening", "start listening",
    "go to sleep", "wake up", "literally", "escape", "say", "press enter", "press tab",
    "next alternative", "choose one", "choose two", "delete that", "copy that", "literal",
)  # fmt: skip

# The words of up to three letters that are words, not abbreviations or scraps.
SHORT_WORDS: Final = frozenset(
    _words("""

        a i am an as at be by do go he if in is it me my no of on or so to up us we ad age ago aid
        aim air all and any are arm art ask ate bad bag ban bar bat bay bed bet bid big bit box boy
        bug bus but buy can cap car cat cow cry cup cut dad day did die dig dog dot dry due ear eat
        egg end era eye fan far fat fee few fig fit fix fly fog for fun gap gas get god got gun guy
        had has hat her him hip his hit hot how ice ill ink its job joy key kid lab lap law lay leg
        let lid lie lip log lot low mad man map mat may men met mix mom mud net new nod nor not now
        nut oak odd off oil old one our out owe own pan pay pen per pet pie pin pit pop pot put ran
        rat raw ray red rib rid rip rob rod row rub run sad saw say sea see set sex she shy sit six
        ski sky son sum sun tap tax tea ten the tie tin tip toe ton too top toy try tub two use van
        via war was way web wet who why win wit yes yet you zip zoo
    """)
)

# Words that live in identifiers rather than in sentences.
IDENTIFIER_WORDS: Final = _words("""

    get set is has max min num user id name config parse path file index count value key node list
    map string request response server client error handler buffer token init temp data info item
    items args result output input cache manager service factory builder util helper base model view
    controller event callback async sync retry retries timeout delay size length width height left
    right top bottom prev next current total sum start end begin stop first last row col line text
    title label url http api json xml html css sql db query schema table field column record entry
    session auth login logout password hash salt secret public private admin role group member email
    phone address order product price cart checkout payment invoice date time stamp timer clock
    created updated deleted active enabled visible dirty ready open closed valid encoder decoder
    parser lexer writer reader loader saver logger printer formatter validator converter mapper
    reducer selector filter sorter queue stack heap tree graph edge parent child children root leaf
    depth level thread process worker pool lock mutex socket port host stream channel message packet
    frame chunk batch window screen canvas image pixel color mouse keyboard button menu dialog panel
    widget component render draw update refresh reload reset clear push pop append insert remove
    delete find search sort merge env lib bin log debug info warn fatal state status flag mode kind
    type version limit offset page weights bias loss epoch step learning rate layer tensor batch
    shape dim axis seed score metric threshold by to from of on in with for and or not new old all
    any main app web test mock
""")

# Verbs and nouns of everyday English, so that a sentence outside the grammar meets known words.
EVERYDAY: Final = _words("""

    people man woman child life work money story school room kitchen table door floor wall food
    dinner lunch coffee bread fruit apple garden tree flower dog cat bird fish horse river mountain
    ocean island forest road bridge train plane ship bus ticket travel hotel summer winter spring
    autumn rain snow wind sun moon star family friend mother father brother sister doctor teacher
    student king queen president government law history science art paper letter picture movie song
    dance sport ball team war peace news radio market shop store office business job meeting hear
    feel talk speak walk sit stand fall buy sell pay win lose eat drink sleep wake cook wash wear
    drive ride fly swim play sing smile laugh cry love hate hope wish remember forget understand
    believe decide agree finish become remain seem sound taste smell touch hundred half quarter pair
    kind sort bit lot piece bottle box bag cup glass plate knife young old happy sad angry tired
    hungry warm cold hot cool dry wet heavy light strong weak rich poor quiet loud clear strange
    sure sorry careful wonderful beautiful nice pretty fine north south east west monday tuesday
    wednesday thursday friday saturday sunday january february march april june july august
    september october november december english american british french german yellow orange brown
    pink purple gray actually basically probably perhaps usually finally exactly nearly quite rather
    enough ever else though anyway yet ago alone along among toward upon except despite nor hi hey
    bye welcome
""")

# Sounded alike with a commoner word of these lists: only a sentence can tell them apart, so random
# sequences leave them out (the grammar and its contexts teach them).
HOMOPHONES: Final = frozenset(
    _words("""

        too two four won write right there their its by buy bye know no knew new nil see sea be bee
        one eight ate hear here whole hole through threw weather whether where wear would wood week
        weak our hour sum some pair pear meet meat read red bit base bass route root cache cash
        night knight not knot in inn for son sun which witch cell sell sent cent scent made maid
        mail male peace piece plain plane rode road sail sale scene seen sight site steal steel tale
        tail wait weight way weigh passed past principal principle than then i eye a ok cursor
        curser char int lets let's cant wont dont doesnt isnt except accept def mod pub impl mut
        elif col dim env src dest dir lib bin chan const var db uri avg num init tmp kwargs
    """)
)

IRREGULAR_PAST: Final = {
    "set": "set", "get": "got", "read": "read", "write": "wrote", "find": "found",
    "split": "split", "run": "ran", "build": "built", "send": "sent", "catch": "caught",
    "throw": "threw", "keep": "kept", "hide": "hid", "draw": "drew", "bind": "bound",
    "rewrite": "rewrote", "override": "overrode", "break": "broke", "begin": "began",
    "hang": "hung", "go": "went", "come": "came", "think": "thought", "grow": "grew",
    "give": "gave", "take": "took", "make": "made", "put": "put", "bring": "brought",
    "leave": "left", "see": "saw", "know": "knew", "tell": "told", "say": "said", "hold": "held",
    "choose": "chose", "let": "let", "reset": "reset", "show": "showed",
}  # fmt: skip

_DOUBLED: Final = frozenset(_words("""

    get set stop drop skip wrap unwrap trim strip clamp map plan run pop log split begin commit put
    let swap debug tag cut reset shut format
""")) - {"clamp", "format"}  # fmt: skip


def plural(noun: str) -> str:
    """The plural of a regular noun (and of the few irregular ones of these lists)."""
    irregular = {
        "child": "children", "person": "people", "matrix": "matrices", "leaf": "leaves",
        "index": "indexes", "mouse": "mice", "query": "queries", "parenthesis": "parentheses",
        "vertex": "vertices", "half": "halves", "man": "men", "woman": "women", "alias": "aliases",
    }  # fmt: skip
    if noun in UNCOUNTABLE:
        return noun
    if noun in irregular:
        return irregular[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return noun + "es"
    return noun + "s"


def third_person(verb: str) -> str:
    """`parse` -> `parses`, `fetch` -> `fetches`, `copy` -> `copies`."""
    if verb in ("go", "do"):
        return verb + "es"
    return plural(verb) if verb not in ("index", "query") else verb + "es"


def past(verb: str) -> str:
    """`parse` -> `parsed`, `stop` -> `stopped`, `send` -> `sent`."""
    if verb in IRREGULAR_PAST:
        return IRREGULAR_PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return (verb + verb[-1] if verb in _DOUBLED else verb) + "ed"


def gerund(verb: str) -> str:
    """`parse` -> `parsing`, `stop` -> `stopping`, `see` -> `seeing`."""
    if verb.endswith("e") and not verb.endswith(("ee", "ye")):
        return verb[:-1] + "ing"
    return (verb + verb[-1] if verb in _DOUBLED else verb) + "ing"
