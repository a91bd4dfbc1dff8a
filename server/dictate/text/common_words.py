"""Everyday words of English and of code, which every model writes right without help."""

from __future__ import annotations

_WORDS = """
about above access account action active actual add added address after again against age agent
all allow allowed almost already also alter always amount angle animal another answer any anything
apart app append application apply area args argument arguments around array arrays arrow ask
asset assign at attach attempt attribute attributes auth author average away axis back background
bad balance bank bar base basic batch bath be bear beat because become before begin behind being
below benefit best better between beyond big bill binary bind bit bits black blob block blocks
blue board body book books border both bottom bound bounds box boxes branch bring broken browser
brush bucket buffer buffers bug build builder built bundle business but button buttons buy bytes
cache cached call callback called caller calls camera can cancel candidate candidates capacity
capture car card cards care cart cases cat category cause cell cells center central chain change
changed changes channel channels chapter character characters chars chart check checked checks
child children choice choose chunk chunks circle city class classes clean clear click client
clients clock clone close closed cloud cluster code codes cold collect collection color colors
colour column columns combine come command commands comment comments commit common company compare
compile compiler complete complex component components compute computer condition conditions
config configure confirm connect connected connection connections constant contact contain
contains content contents context control controller convert cookie copy core corner correct cost
could count counter country counts course cover create created creator credit cross current
currently cursor curve custom customer cut cycle daily dark data database date dates datetime day
days dead deal debug decide decimal decision declare decode decoder deep default defaults define
defined definition degree delay delete deleted delta demand demo depend depends depth derive
describe description design desk destination detail details detect develop device devices dict
diff difference different digit digits dimension direct direction directory dirs disable disabled
disk display distance document documents does dog domain done door dot down download draft drag
draw drive driver drop due dump duration during dynamic each early earth east easy edge edges edit
editor effect eight either element elements email embed employee empty enable enabled encode
encoder end ended ending ends energy engine english enough ensure enter entire entity entries
entry env environment epoch equal equals error errors escape evaluate even event events ever every
exact example examples except exception exceptions exclude execute existing exists expect expected
experience explain expression extend extension external extra extract face fact factor factory
fail failed failure fall false family far fast fault feature features feed fetch few field fields
figure file filename files fill filled film filter filters final find fine finish finished fire
first fish fit five fix fixed flag flags flat flip floor flow flush focus folder folders follow
following font food foot force foreign form format formats former formula forward found four
fragment frame frames free frequency fresh friend front full fun functions further future game
games gap gate gather general generate generated generator generic gets getting girl git give
given glass global goal goes gone good got grade gradient grand graph graphics gray great green
grid ground group groups grow growth guard guess guest guide hair half hall hand handle handler
handlers hands happen happy hard has hash have head header headers heading health hear heart heat
heavy height hello help helper helpers here hidden hide high higher highlight hint history hit
hold hole home hook hooks horizontal host hot hotel hour hours house how human hundred icon icons
id idea identifier identity idle ids ignore image images impact important improve inch included
includes including increase index indexes indices individual info information initial inner input
inputs insert inside install instance instances instead integer interest internal interval invalid
invoke issue item items iterator its itself job jobs join joined jump just keep kept key keyboard
keys kid kill kind kinds king know known label labels land language languages large last late
later latest launch law layer layers layout lazy lead leader leaf learn least leave left leg legal
length lengths less letter letters level levels library license lie life light like limit limits
line linear lines link links list listen listener lists little live load loaded loader local
location lock locked log logger logging logic login logs look lookup lose loss lost lot love low
lower machine made magic mail main major make maker man manage manager many mapping maps margin
mark marker market mask master matches material math matrix matter max maximum may maybe mean
means measure media medium meet member members memory men menu merge message messages meta method
methods metric metrics middle might mile million min mind minimum minor minute minutes mirror miss
missing mix mobile mock mode model models modern modified modify modules moment money monitor
month months more morning most mother mount mouse move moved moves movie much multiple music must
name named names native natural nature near need needed needs neighbor nested network never news
next nice night node nodes noise normal north note notes nothing notice notify now num numbers
object objects observer occur off offer office offset often old once one ones online only opened
opens operation operations operator option optional options order orders origin original other
others our out outer output outputs outside over own owner pack packages packet packets pad
padding page pages paint pair pairs pane panel paper parallel param parameter parameters params
parent parents parse parsed parser part partial parts party pass passed password past patch path
paths pattern patterns pause pay payload peer pending people per percent perfect perform period
permission person phase phone photo phrase pick picture piece pieces pin pipe pipeline pixel
pixels place placeholder plain plan plane plant platform play player please plot plugin plugins
plus point pointer points policy poll pool pop port position positions possible post posts power
precision prefix prepare present press pretty previous price prices primary prime prior priority
private probability problem problems process processed processor produce product products profile
program project projects promise prompt proper properties property provide provider proxy public
publish pull pure purpose push put quality quantity queries query question questions queue quick
quiet quit quite quote race radio radius raise random ranges rank rate rates rather ratio raw
reach read reader reading reads ready real really reason receive received receiver recent record
records recover red redirect reduce reference references refresh region register registry relation
release reload remain remember remote remove removed render renderer repeat replace reply report
reports repository request requests required reset resize resolve resolved resource resources
respond response responses rest restart restore result results resume rich right ring rise risk
river road role roles roll room root roots rotate round route router routes routine row rows rule
rules run runner running runs runtime safe sale same sample samples save saved say scale scan
schedule scheduler schema school science scope score scores screen script scripts scroll sea
search season seat second seconds secret section sections security see seed seek seem seen segment
segments selected selection selector sell send sender sent sentence separate separator sequence
serial series serve server servers service services session sessions sets setting settings setup
seven several shadow shall shape shapes share shared sheet shell ship shop should show shown shut
side sign signal signals signature silence similar simple since single site six size sizes skip
sleep slice slices slot slow small smart smooth snapshot snow social socket sockets soft software
solid solution solve some something sometimes son song soon sort sorted sound source sources south
space spaces span spawn speak spec special specific specified speech speed spell split spread
square stable stack stage standard star start started starting starts stat state statement states
station stats status stay step steps still stop stopped storage store stored stores story strategy
stream streams street strength strings strip strong structure student studio study style styles
subject submit subset success such suffix suggest sum summary sun super support supported sure
surface suspend swap sync syntax system systems tab tables tabs tag tags tail take taken talk
target targets task tasks teach team tell temp template templates ten term terminal terms test
tested testing tests text than thank that the them theme themselves then theory there these they
thing things think third thirty those thought thousand thread threads three threshold through
throughout thumb thus tick ticket tile till time timeout timer times timestamp title today
together toggle token tokens tone too tool toolbar tools tooltip top topic total touch toward
trace track traffic train training transaction transfer transform transition translate trash tree
trees trigger trim trip trouble true truth trying tuple turn turned twenty twice two types typical
ui under undo union unique unit units until update updated updates upgrade upload upon upper url
urls usage used useful user username users uses using usual usually utility valid validate
validation validator value values variable variables variant various vector vectors verb verbose
verify version versions vertex vertical very via victim video view viewer views village visible
visit visitor visual voice void volume vote wait waiting walk wall want warm warn warning warnings
was watch watcher water wave way ways weak weather web week weeks weight weights well were west
what wheel where whether which white who whole whose why wide widget width wild will win wind
window windows winter wire wish within without woman wonder word words work worker workers working
works workspace world would wrap wrapper write writer writes written wrong year years yellow yes
yesterday yet you young your zero zip zone zoom
"""

COMMON_WORDS = frozenset(_WORDS.split())
"""Lower case. Listening for them would only turn other words into them."""
