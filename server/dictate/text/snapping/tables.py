"""How parts of names are said: what they stand for, words that sound alike, names of letters.

Entries end with a line or a bar. In `ABBREVIATIONS` and `ACRONYMS` each is what is written, a
colon, and what is said for it, the likeliest first. In `HOMOPHONES` the words of a group stand for
each other. In `LETTERS` each is a letter and the words that it sounds like.
"""

from __future__ import annotations

ABBREVIATIONS = """
abbr: abbreviation|abs: absolute|acc: account, accumulator|addr: address|alg: algorithm
algo: algorithm|alloc: allocate, allocation, allocator|alt: alternate, alternative|app: application
approx: approximate|arch: architecture|arg: argument|arr: array|asm: assembly, assembler
assoc: associate, association|async: asynchronous, a sync|attr: attribute
auth: authentication, authorization, authenticate, authorize|auto: automatic|aux: auxiliary
avg: average|bg: background|bin: binary|blk: block|bool: boolean|btn: button|buf: buffer
bw: bandwidth|calc: calculate, calculation|cap: capacity, capture|cat: category, concatenate
cb: callback, call back|cert: certificate|cfg: config, configuration|ch: channel, character
char: character|chk: check|cls: class|cmd: command|cmp: compare, comparison|cnt: count
coeff: coefficient|col: column|coll: collection|comp: component, compare|concat: concatenate
cond: condition|conf: config, configuration|config: configuration|conn: connection, connect
const: constant|conv: convert, conversion, convolution|coord: coordinate|cpy: copy|cred: credential
ctl: control|ctr: counter, center|ctrl: control, controller|ctx: context|cur: current, cursor
curr: current|db: database, data base|dbg: debug|dec: decimal, decrement, decoder
decl: declaration, declare|def: definition, default, define|deg: degree|del: delete
desc: description, descriptor, descending|dest: destination|dev: device, developer, development
diff: difference|dict: dictionary|dim: dimension|dir: directory, direction
dist: distance, distribution|div: divide, division|doc: document, documentation|drv: driver
dst: destination|dt: date time|el: element|elem: element|enc: encoder, encoding, encode
env: environment|eq: equal, equals|err: error|ev: event|eval: evaluate|evt: event|ex: example
exc: exception|exec: execute, executor|exp: expected, expression, exponent|expr: expression
ext: extension, external|fd: file descriptor|fg: foreground|fig: figure|fmt: format|fn: function
fp: file pointer|freq: frequency|fs: file system, filesystem|func: function|fwd: forward
gen: generate, generator|grp: group|hdr: header|hex: hexadecimal|hw: hardware
id: identifier, identity|ident: identifier|idx: index|img: image|impl: implementation, implement
inc: increment, include|incr: increment|ind: index|inf: infinity|info: information
init: initialize, initial, initialise, in it|ins: insert|inst: instance, instruction|int: integer
interp: interpolate, interpreter|intro: introduction|inv: inverse
iter: iterator, iteration, iterate|kv: key value|kw: keyword, key word
kwargs: keyword arguments, keyword args, key word args|lang: language|lat: latitude|len: length
lhs: left hand side|lib: library|lim: limit|lit: literal|ln: line|lng: longitude|loc: location
lon: longitude|lvl: level|max: maximum|mem: memory|mgmt: management|mgr: manager|mid: middle
min: minimum, minute|misc: miscellaneous|mod: module, modifier|msec: millisecond|msg: message
mul: multiply|mult: multiply|multi: multiple|mut: mutable|nav: navigation|neg: negative
net: network|nr: number|num: number|obj: object|op: operation, operator|opt: option, optional
ord: order, ordinal|org: organization, organisation|orig: original|os: operating system
param: parameter|pct: percent|perf: performance|perm: permission|pid: process id|pkg: package
pos: position, positive|pred: predicate, prediction|pref: preference, prefix|prev: previous
priv: private|prob: probability|proc: process, procedure|prod: product, production|prof: profile
prog: program, progress|prop: property|proto: protocol, prototype|pt: point|ptr: pointer
pub: public, publish|pwd: password|qty: quantity|rand: random|rec: record, receive|recv: receive
ref: reference|reg: register, registry|regex: regular expression, regexp
regexp: regular expression, regex|rel: relative, relation|rem: remainder, remove
rep: representation, repeat|repo: repository|repr: representation|req: request, require
res: result, response, resource|resp: response|ret: return|rev: revision, reverse
rhs: right hand side|rm: remove|rng: range|rnd: random, round|rot: rotation|rx: receive|sec: second
sel: select, selection|sem: semaphore|sep: separator|seq: sequence|sess: session
sig: signal, signature|spec: specification|sq: square|src: source|srv: server, service
std: standard|stderr: standard error|stdin: standard in, standard input|stdlib: standard library
stdout: standard out, standard output|stmt: statement|str: string|struct: structure|sub: subtract
svc: service|sym: symbol|sync: synchronize, synchronous|sys: system|tbl: table|temp: temporary
tgt: target|tmp: temp, temporary|tok: token|trans: transaction, transform, transition
ts: timestamp, time stamp|tx: transaction, transmit|txn: transaction|uid: user id|util: utility
val: value|var: variable|vec: vector|ver: version|vert: vertical, vertex|vol: volume|win: window
wnd: window|xfer: transfer|xform: transform
"""

ACRONYMS = """
api: a pea eye|ascii: askey, ass key|char: care|cpp: c plus plus, see plus plus
csharp: c sharp, see sharp|enum: e num, e numb|gif: jiff|gui: gooey|id: eye dee, eye d, i dee
ids: eye dees, i dees|jpeg: j peg, jay peg|json: jason, jayson, jay son
jwt: jot|kwargs: quarks|mutex: mew tex, mu tex|mysql: my sequel|nginx: engine x|nosql: no sequel
numpy: numb pie, num pie|oauth: oh auth|ok: okay|okay: ok|param: per am
postgres: post gres, post gress|py: pie|pytest: pie test|pytorch: pie torch
regex: wreck ex, rej ex, redjex, reggex|repl: repple|scipy: sigh pie|scsi: scuzzy|sql: sequel
sqlite: sequel light, sequel lite|str: stir|sudo: pseudo|toml: tommel, tom l
tuple: two pull, toople|tty: t t why|uri: you are i
url: you are l, you are el, earl|urls: you are els|utf: you tee f|uuid: you you i d|vec: veck
w: double u, double you|wasm: wazzum|wifi: why fi|yaml: yammel, yamel
"""

HOMOPHONES = """
aisle isle|allowed aloud|ascent assent|bare bear|base bass|bite byte|bites bytes|board bored
brake break|breaks brakes|buy by bye|cache cash|cached cashed|caches cashes|ceiling sealing
cell sell|cells sells|cent sent scent|check cheque|checks cheques|chord cord|cite site sight
cites sites sights|clause claws|coarse course|colonel kernel|complement compliment|core corps
council counsel|currant current|days daze|dear deer|dependant dependent|die dye|do due|dual duel
fair fare|find fined|flour flower|for four fore|forth fourth|frees freeze|grate great|guessed guest
hear here|heard herd|hole whole|hour our|idol idle|in inn|insight incite|key quay|keys quays
know no|knows nose|lead led|leak leek|lessen lesson|links lynx|load lode|loan lone|made maid
mail male|main mane|meat meet|medal metal|mind mined|missed mist|morning mourning|muscle mussel
new knew|none nun|one won|or ore|packed pact|pair pare pear|pairs pears|passed past
patience patients|pause paws|peace piece|peak peek|peaks peeks|peer pier|place plaice|plain plane
pole poll|pore pour|pray prey|presence presents|principal principle|profit prophet|cue queue
cues queues|rain reign|raise rays|rap wrap|raps wraps|rapper wrapper|rappers wrappers|read red
reads reeds|real reel|right rite write|rights writes|ring wring|role roll|roles rolls|root route
roots routes|row roe|rows rose|sail sale|scene seen|see sea|seam seem|seed cede|sew so sow
shear sheer|side sighed|sign sine|size sighs|some sum|son sun|sons suns|sole soul|source sauce
stair stare|stake steak|stationary stationery|steal steel|storey story|straight strait|suite sweet
symbol cymbal|symbols cymbals|tail tale|tax tacks|tents tense|their there|throne thrown
threw through|tic tick|tide tied|time thyme|toe tow|to too two|vain vein|vary very|wait weight
waits weights|waist waste|waive wave|way weigh|weak week|weather whether|wear where|which witch
wood would|sink sync|lock loch|char chair|def deaf|func funk|attr adder
async asink|axis access
"""

LETTERS = """
a ay eh|b bee be|c see sea cee|d dee|e ee|f ef eff|g gee|h aitch haitch|i eye aye|j jay|k kay
l el ell|m em|n en|o oh owe|p pee pea|q queue cue kew|r are ar|s ess|t tee tea|u you ewe|v vee
x ex|y why wye|z zee zed
"""

_SPELLED_WORDS = """
aes api aws bfs bgr cd cdn cgi ci cli cpu crc css csv db dfs dhcp dns dpi dtd dto ecs eof eos fd
ffi fft fps ftp gcc gcp gid gpu gtk hdr hmac hsl hsv html http https hwnd iam icmp id ide ids io
ip ipc irc iso jdk jit js jvm jwt kb lcd ldap led llvm lru lsp lstm mac mb md mime ml mp mpi ms
mtu nfs nlp npm ns ocr oid orm os pcm pdf pgp php pid png pr qa qr rgb rgba rng rnn rpc rss rtp
rtt sdk sdl sms smtp sql ssh ssl ssr svg tcp tdd tls ttl tty tv udf udp ui uid uri url urls usb
utc utf uuid ux vm vpn vr wgs wsgi xhr xml xsd xss yml
"""

SPELLED = frozenset(_SPELLED_WORDS.split())
"""Acronyms that are said letter by letter."""
