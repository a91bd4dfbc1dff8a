"""A clock that a test turns: chosen waits of the plugin end when the test says so, not earlier.

So a test of waits neither takes their time nor depends on how busy the machine is.
"""

from tests.neovim.editor import TIMEOUT_S, Editor

_STOPPED = """
  local wanted = {}
  for _, ms in ipairs({ ... }) do
    wanted[ms] = true
  end
  local methods = getmetatable(assert(vim.uv.new_timer())).__index
  local start, stop = methods.start, methods.stop
  local now, waiting = 0, {}

  methods.start = function(timer, ms, again_ms, callback)
    waiting[timer] = nil
    if not wanted[ms] then
      return start(timer, ms, again_ms, callback)
    end
    stop(timer)
    waiting[timer] = { at = now + ms, callback = callback }
    return 0
  end

  methods.stop = function(timer)
    waiting[timer] = nil
    return stop(timer)
  end

  -- Ends the waits that are over; returns how many there were.
  _G.pass = function(ms)
    now = now + ms
    local due = {}
    for timer, wait in pairs(waiting) do
      if wait.at <= now then
        table.insert(due, { timer = timer, at = wait.at, callback = wait.callback })
      end
    end
    table.sort(due, function(one, other) return one.at < other.at end)
    for _, wait in ipairs(due) do
      waiting[wait.timer] = nil
      wait.callback()
    end
    return #due
  end
"""


class Clock:
    """Holds back the timers of one editor that are started for the given times."""

    def __init__(self, editor: Editor, *waits_ms: int) -> None:
        self._editor = editor
        editor.lua(_STOPPED, *waits_ms)

    def passes(self, ms: int) -> int:
        """Let time pass, and what waited for it happen; returns how many waits ended."""
        ended: int = self._editor.lua("return _G.pass(...)", ms)
        self.settle()
        return ended

    def settle(self) -> None:
        """Wait until what was put off to the next moment has happened."""
        self._editor.lua("_G.settled = false; vim.schedule(function() _G.settled = true end)")
        self._editor.wait("the next moment", lambda: self._editor.lua("return _G.settled"))


def stand_still(editor: Editor) -> None:
    """Stop the time that the plugin tells: a dictation is always 0:00 long."""
    editor.lua("local now = vim.uv.now(); vim.uv.now = function() return now end")


def be_patient(editor: Editor, wait_ms: int) -> None:
    """Have whoever would wait for an answer for `wait_ms` wait as long as a test does."""
    editor.lua(
        """
        local wanted, longer = ...
        local wait = vim.wait
        vim.wait = function(ms, ...)
          return wait(ms == wanted and longer or ms, ...)
        end
        """,
        wait_ms,
        int(TIMEOUT_S * 1000),
    )
