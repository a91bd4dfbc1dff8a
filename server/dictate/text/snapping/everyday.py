"""Which words ordinary language is made of: what is said with them alone is hardly a name."""

from __future__ import annotations

from functools import lru_cache

from dictate.text.english import is_ordinary, stems

_FUNCTION_WORDS = """
a about above across after again against ago all almost along already also although always am among
an and another any anyone anything are around as at away back be became because become been before
behind being below between both but by came can cannot come could did do does doing done down each
either else enough even ever every few for from get gets give go goes going gone got had has have
having he her here hers herself him himself his how however i if in indeed inside instead into is it
its itself just last least less let like many may maybe me might more most much must my myself near
neither never next no nobody none nor not nothing now of off often on once one only onto or other
others our ours out outside over own perhaps quite rather really said same see seem seems shall she
should since so some something soon still such than that the their theirs them themselves then there
these they thing things this those though through thus till to together too toward towards two under
until up upon us very was way we well were what whatever when where whether which while who whole
whom whose why will with within without would yes yet you your yours yourself
"""

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that say little by themselves, however many stand in a row."""

_TALK = """
admin analytics apis ascii async auth aws backend bash bluetooth cli config configs cpu css csv
dev devops docker docs emacs email emails erlang filesystem firefox firewall frontend git github
gitlab golang google gpu gui haskell homepage hostname html http https ide ids inline internet
intranet ios iphone java javascript jpeg json julia kernel kotlin kubernetes laptop linux
localhost lua macos markdown metadata middleware mobile multiplayer mysql namespace neovim netflix
node npm offline online opensource paypal pdf php pixel pixels png podcast postgres proxy pypi
python pytorch regex repo repos roadmap router ruby rust screenshot sdk setup shell shortcut
signup smartphone sql ssh ssl startup stderr stdin stdout subclass subset svg swift sync tcp tech
timestamp tls todo toml typescript typo ubuntu udp ui unicode unix upload url urls usb username
utf ux vim vscode webpage webpages website websites wifi wiki wikipedia windows wordpress workflow
xml yaml youtube
"""
_TALK_WORDS = frozenset(_TALK.split())


@lru_cache(maxsize=1 << 14)
def is_everyday(word: str) -> bool:
    """Whether a word belongs to common English, inflected or not, or to any programmer's talk.

    Args:
        word: lower case, letters only; single letters and numbers are everyday too.
    """
    if len(word) < 2 or word.isdigit() or word in FUNCTION_WORDS or word in _TALK_WORDS:
        return True
    return is_ordinary(word) or any(stem in _TALK_WORDS for stem in stems(word))
