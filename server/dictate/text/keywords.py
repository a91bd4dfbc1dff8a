"""Words that are nobody's names: the keywords and basic types of common languages."""

from __future__ import annotations

_WORDS = """
abstract alias alignas alignof AND and any as asm assert async attr_accessor attr_reader
attr_writer auto await BEGIN begin bool BOOLEAN Boolean boolean Box break byte case catch chan
char char16_t char32_t char8_t class cls co_await co_return co_yield companion complex128
complex64 concept const const_cast consteval constexpr constinit constructor continue crate CREATE
data debugger declare decltype def default defer define defined del DELETE delete DISTINCT do
dofile done Double double dyn dynamic_cast echo elif elifdef else elseif elsif END end endforeach
endif endwhile ensure enum Err error esac eval except exit explicit export extends extern f32 f64
fallthrough False false fi fileprivate final finally Float float float32 float64 fn for foreach
FOREIGN friend FROM from func function get getmetatable global go goto GROUP guard HAVING i128 i16
i32 i64 i8 if ifdef ifndef impl implements import in include infer init initialize inline INNER
INSERT instanceof insteadof int int16 int16_t int32 int32_t int64 int64_t int8 int8_t INTEGER
Integer interface internal INTO intptr_t iota ipairs is isize isset JOIN keyof lambda lateinit
LEFT let LIMIT loadfile local Long long loop map match mod module move mut mutable namespace
native never new next nil noexcept None nonlocal NOT not NULL null nullptr number Object object of
Ok open operator Option or ORDER out OUTER Override override package pairs params pass pcall
pragma PRIMARY print private protected protocol ptrdiff_t pub public puts raise range readonly
redo ref register reinterpret_cast repeat require require_relative requires rescue restrict Result
retry return RIGHT rune satisfies sealed SELECT select Self self set setlocal setmetatable shift
short signed size_t sizeof Some source ssize_t static static_assert static_cast str strictfp
String string struct super switch symbol synchronized TABLE template then this thread_local throw
throws tonumber tostring trait transient trap True true try type typedef typeid typename typeof
u128 u16 u32 u64 u8 uint uint16 uint16_t uint32 uint32_t uint64 uint64_t uint8 uint8_t uintptr
uintptr_t undef undefined UNION union unknown unless unsafe unset unsigned until UPDATE use using
usize val VALUES var VARCHAR Vec virtual void volatile wchar_t when WHERE where while with yield
"""

KEYWORDS = frozenset(_WORDS.split())
"""Of all languages together: a keyword of one is a poor name to listen for in any."""
