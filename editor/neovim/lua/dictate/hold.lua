-- Hold-to-talk. A terminal reports no key release, only that a held key repeats: the first repeat
-- comes after the keyboard's delay, the next ones quickly, and their absence is the release.

local config = require('dictate.config')
local session = require('dictate.session')
local utterances = require('dictate.utterances')

local M = {}

---@type uv.uv_timer_t?
local timer
-- Counts the waits: after a busy moment a timer's call is still on its way when keys that were typed
-- meanwhile begin the next one.
local waits = 0
local held = false
-- A key that was pressed while a toggled dictation ran must not end it.
local began = false

---@param wait_ms integer
local function wait(wait_ms)
  waits = waits + 1
  local this = waits
  local function expired()
    if this ~= waits then
      return
    end
    held = false
    if began and utterances.speaking() then
      session.stop()
    end
  end
  timer = timer or assert(vim.uv.new_timer())
  timer:start(wait_ms, 0, vim.schedule_wrap(expired))
end

--- Call this on every press and every repeat of the key.
function M.press()
  local options = config.get().hold
  if held then
    wait(options.repeat_ms)
    return
  end
  held = true
  began = not utterances.speaking() and session.start()
  wait(options.first_ms)
end

return M
